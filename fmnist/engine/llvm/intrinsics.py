"""What has no words in Python: functions whose LLVM code is written here, through Numba.

Each does what the Python function beside it in `INTRINSICS` does.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fmnist.engine import loops, product
from fmnist.engine.llvm import vector_math
from fmnist.engine.llvm.matrix import WORD, Matrix
from fmnist.engine.llvm.registers import registers
from fmnist.engine.llvm.result import Rows, TransposedRows
from fmnist.engine.llvm.tile import Tile
from fmnist.engine.llvm.transpose import transpose_panel
from fmnist.engine.llvm.vectors import Vectors


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


@intrinsic  # type: ignore[untyped-decorator]
def tile_rows(typing: Any, c: Any) -> Any:
    return types.int64(c), lambda *_: WORD(registers().rows)


@intrinsic  # type: ignore[untyped-decorator]
def tile_columns(typing: Any, c: Any) -> Any:
    columns = registers().columns(c.dtype.bitwidth // 8)
    return types.int64(c), lambda *_: WORD(columns)


@intrinsic  # type: ignore[untyped-decorator]
def tile(typing: Any, a: Any, i: Any, b: Any, bj: Any, c: Any, cj: Any) -> Any:
    """The rows of B must be contiguous, and those of C or of Cᵀ."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        A, i, B, bj, C, cj = matrices(context, builder, signature, arguments)
        vectors = Vectors(context, builder, c.dtype)
        result = (TransposedRows if c.layout == "F" else Rows)(vectors, C, i, cj)
        Tile(vectors, A, B, bj, result).emit()
        return context.get_dummy_value()

    return types.void(a, i, b, bj, c, cj), code


@intrinsic  # type: ignore[untyped-decorator]
def first_tile(typing: Any, a: Any, b: Any, j: Any, c: Any, panel: Any) -> Any:
    """The same, from the first row on."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        A, B, j, C, P = matrices(context, builder, signature, arguments)
        vectors = Vectors(context, builder, c.dtype)
        Tile(vectors, A, B, j, Rows(vectors, C, WORD(0), j), panel=P).emit()
        return context.get_dummy_value()

    return types.void(a, b, j, c, panel), code


@intrinsic  # type: ignore[untyped-decorator]
def transpose(typing: Any, b: Any, j: Any, panel: Any) -> Any:
    """The rows of B must be contiguous."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        B, j, P = matrices(context, builder, signature, arguments)
        transpose_panel(Vectors(context, builder, b.dtype), B, j, P)
        return context.get_dummy_value()

    return types.void(b, j, panel), code


def matrices(context: Any, builder: Any, signature: Any, arguments: Any) -> list[Any]:
    """The arguments, arrays as `Matrix`."""
    return [
        Matrix(builder, context.make_array(kind)(context, builder, value)) if isinstance(kind, types.Array) else value
        for kind, value in zip(signature.args, arguments, strict=True)
    ]


INTRINSICS: dict[Any, Any] = {
    loops.prefetch: prefetch,
    vector_math.power_of_two: power_of_two,
    vector_math.exponent: exponent,
    product.tile: tile,
    product.first_tile: first_tile,
    product.transpose: transpose,
    product.tile_rows: tile_rows,
    product.tile_columns: tile_columns,
}
