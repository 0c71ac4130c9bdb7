"""From a loop and its rules to LLVM's code, through Numba. Imported only when a kernel is not in the cache."""

from types import FunctionType, ModuleType
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fmnist.engine import loops, product
from fmnist.engine.llvm import tile, vector_math
from fmnist.engine.llvm.arguments import Arguments
from fmnist.engine.llvm.kernel import globals_of

# Sums may be taken in another order and products fused with sums; NaN and ∞ stay what they are, or a run that
# diverges would not be noticed. The error model is NumPy's: a test before each division would forbid vectors.
FREE: dict[str, Any] = {"fastmath": {"reassoc", "contract", "arcp", "nsz", "afn"}, "error_model": "numpy"}
EXACT: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy"}


def compiled(loop: FunctionType, arguments: Arguments, name: str) -> llvm.ModuleRef:
    """A module with the function `name`, which takes the address of a block of words."""
    translator = Translator(arguments.dtype)
    names: dict[str, Any] = {
        "loop": translator.loop(loop),
        "carray": numba.carray,
        "pointer": pointer,
        "dtype": arguments.dtype.type,
    }
    words, numbers, values = 0, 0, []
    for i, (kind, value) in enumerate(zip(arguments.kinds, arguments.values, strict=True)):
        if kind.startswith("array"):
            names[f"type{i}"] = value.dtype.type
            shape = "".join(f"w[{words + 1 + k}], " for k in range(value.ndim))
            values.append(f"carray(pointer(w[{words}], type{i}), ({shape}))")
            words += 1 + value.ndim
        elif kind == "number":
            values.append(f"numbers[{numbers}]")
            numbers += 1
        elif kind.startswith("tuple"):
            values.append(f"({''.join(f'numbers[{numbers + k}], ' for k in range(len(value)))})")
            numbers += len(value)
        else:
            names[f"constant{i}"] = translator.rule(value) if isinstance(value, FunctionType) else value
            values.append(f"constant{i}")
    source = (
        "def entry(block):\n"
        f"    w = carray(block, {words + 2})\n"
        f"    numbers = carray(pointer(w[{words}], dtype), (w[{words + 1}],))\n"
        f"    loop({', '.join(values)})\n"
    )
    exec(source, names)
    signature = types.void(types.CPointer(types.int64))
    entry = numba.njit(signature, no_cpython_wrapper=True, no_cfunc_wrapper=True, **FREE)(names["entry"])
    mangled = entry.overloads[entry.signatures[0]].fndesc.llvm_func_name
    # Numba's convention has two more arguments, for a result and an exception: there is neither.
    call = (
        f"\ndefine void @{name}(ptr %block) {{\n  %r = alloca ptr\n  %e = alloca ptr\n"
        f'  call i32 @"{mangled}"(ptr %r, ptr %e, ptr %block)\n  ret void\n}}\n'
    )
    # The arrays of a kernel are not Numba's: nobody counts references to them, and nothing is to be freed.
    text = entry.inspect_llvm(entry.signatures[0]).replace(
        "declare void @NRT_MemInfo_call_dtor(ptr)",
        "define linkonce_odr void @NRT_MemInfo_call_dtor(ptr) { ret void }\n;",
    )
    return llvm.parse_assembly(text + call)


class Translator:
    """Functions for Numba: what they call is translated too, and `np` is a module with our own exp and tanh."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.np = ModuleType("np")
        self.np.__dict__.update(vars(np))
        self.np.__dict__["where"] = numba.njit(**FREE)(vector_math.where)
        if dtype == np.float32:
            for function in (vector_math.exp, vector_math.expm1, vector_math.log1p, vector_math.tanh):
                self.np.__dict__[function.__name__] = self.njit(function, EXACT, typed=True)

    def loop(self, function: FunctionType) -> Any:
        return self.njit(function, FREE, typed=False)

    def rule(self, function: FunctionType) -> Any:
        return self.njit(function, FREE, typed=True)

    def njit(self, function: Any, options: dict[str, Any], typed: bool) -> Any:
        """The function compiled; if `typed`, its numbers are of the type of the arrays, as they are in NumPy.

        Numba takes a number for a float64, and the arithmetic around it would be that of float64.
        """
        code = function.__code__
        if typed:
            code = code.replace(co_consts=tuple(map(self.constant, code.co_consts)))
        names = {name: self.translated(found, options, typed) for name, found in globals_of(function).items()}
        twin = FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)
        return numba.njit(forceinline=typed, **options)(twin)

    def constant(self, value: Any) -> Any:
        return self.dtype.type(value) if type(value) in (int, float) else value

    def translated(self, value: Any, options: dict[str, Any], typed: bool) -> Any:
        if value is np:
            return self.np
        if isinstance(value, FunctionType) and value in BITS:
            return BITS[value]
        if isinstance(value, FunctionType):
            return self.njit(value, options, typed)
        return self.constant(value) if typed else value


@intrinsic  # type: ignore[untyped-decorator]
def pointer(typing: Any, address: Any, dtype: Any) -> Any:
    """An address as a pointer to numbers of a type."""
    target = types.CPointer(dtype.dtype)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(target))

    return target(types.int64, dtype), code


@intrinsic  # type: ignore[untyped-decorator]
def power_of_two(typing: Any, n: Any) -> Any:
    """2ⁿ for a whole number n from −126 to 127 in float32: its bits are those of (n + 127) · 2²³."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        whole = context.get_value_type(types.int32)
        exponent = builder.add(builder.fptosi(arguments[0], whole), context.get_constant(types.int32, 127))
        bits = builder.shl(exponent, context.get_constant(types.int32, 23))
        return builder.bitcast(bits, context.get_value_type(types.float32))

    return types.float32(types.float32), code


@intrinsic  # type: ignore[untyped-decorator]
def exponent(typing: Any, x: Any) -> Any:
    """⌊log₂ x⌋ of a positive float32, from its bits."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        bits = builder.bitcast(arguments[0], context.get_value_type(types.int32))
        biased = builder.ashr(bits, context.get_constant(types.int32, 23))
        whole = builder.sub(biased, context.get_constant(types.int32, 127))
        return builder.sitofp(whole, context.get_value_type(types.float32))

    return types.float32(types.float32), code


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(typing: Any, images: Any, row: Any) -> Any:
    """A hint to the processor: the row's bytes are wanted soon."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(images)(context, builder, arguments[0])
        word, byte, line = ir.IntType(32), ir.IntType(8).as_pointer(), ir.IntType(64)(64)
        hint = builder.module.declare_intrinsic(
            "llvm.prefetch", (byte,), ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        )
        width = builder.extract_value(array.strides, 0)
        start = builder.ptrtoint(array.data, ir.IntType(64))
        start = builder.add(start, builder.mul(arguments[1], width))
        with cgutils.for_range_slice(builder, ir.IntType(64)(0), width, line) as (offset, _):
            where = builder.inttoptr(builder.add(start, offset), byte)
            builder.call(hint, [where, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(images, row), code


BITS: dict[Any, Any] = {  # what has no words in NumPy
    loops.prefetch: prefetch,
    vector_math.power_of_two: power_of_two,
    vector_math.exponent: exponent,
    product.tile: tile.tile,
    product.first_tile: tile.first_tile,
    product.turn: tile.turn,
    product.tile_rows: tile.tile_rows,
    product.tile_columns: tile.tile_columns,
}
