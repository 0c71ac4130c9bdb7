"""From a loop and its rules to LLVM's code, through Numba. Imported only when a kernel is not in the cache."""

from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
import numba
from numba import types

from fmnist.engine.llvm.arguments import Arguments
from fmnist.engine.llvm.intrinsics import pointer
from fmnist.engine.llvm.translator import FREE, Translator

RUNTIME = ("NRT_", "numba_", "Py", "_Py")  # of Numba and of Python; a kernel is loaded without either


def compile_loop(loop: FunctionType, arguments: Arguments, name: str) -> llvm.ModuleRef:
    """A module with the function `name`, which takes the address of a block of words.

    Raises:
        Exception: whatever Numba makes of the loop or its rules.
    """
    translator = Translator(arguments.dtype)
    names: dict[str, Any] = {
        "loop": translator.njit(loop, FREE, typed=False),
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
            is_rule = isinstance(value, FunctionType)
            names[f"constant{i}"] = translator.njit(value, FREE, typed=True) if is_rule else value
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
    module = llvm.parse_assembly(export(entry, name))
    for function in module.functions:
        if function.is_declaration and function.name.startswith(RUNTIME):
            raise TypeError(f"it needs {function.name}: a list, a dict or a set has no place in a rule")
    return module


def export(entry: Any, name: str) -> str:
    """Numba's code, and a function `name` that calls it."""
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
    return text + call
