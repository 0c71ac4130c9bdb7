"""What has no words in Python: functions whose LLVM code is written here, through Numba.

Each does what the Python function beside it in `INTRINSICS` does.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fmnist.engine import loops, product
from fmnist.engine.llvm import vector_math
from fmnist.engine.llvm.matrix import BYTE, INDEX, WORD, Matrix
from fmnist.engine.llvm.registers import detect_registers
from fmnist.engine.llvm.result import Rows, TransposedRows
from fmnist.engine.llvm.tile import Tile
from fmnist.engine.llvm.transpose import transpose_panel
from fmnist.engine.llvm.vectors import CACHE_LINE, Vectors


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
        exponent = builder.add(builder.fptosi(arguments[0], INDEX), INDEX(127))
        return builder.bitcast(builder.shl(exponent, INDEX(23)), ir.FloatType())

    return types.float32(types.float32), code


@intrinsic  # type: ignore[untyped-decorator]
def exponent(typing: Any, x: Any) -> Any:
    """⌊log₂ x⌋ of a positive float32, from its bits."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        biased = builder.ashr(builder.bitcast(arguments[0], INDEX), INDEX(23))
        return builder.sitofp(builder.sub(biased, INDEX(127)), ir.FloatType())

    return types.float32(types.float32), code


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(typing: Any, images: Any, row: Any) -> Any:
    """A hint to the processor: the row's bytes are wanted soon."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(images)(context, builder, arguments[0])
        kind = ir.FunctionType(ir.VoidType(), [BYTE, INDEX, INDEX, INDEX])
        hint = builder.module.declare_intrinsic("llvm.prefetch", (BYTE,), kind)
        width = builder.extract_value(array.strides, 0)
        start = builder.add(builder.ptrtoint(array.data, WORD), builder.mul(arguments[1], width))
        with cgutils.for_range_slice(builder, WORD(0), width, WORD(CACHE_LINE)) as (offset, _):
            where = builder.inttoptr(builder.add(start, offset), BYTE)
            builder.call(hint, [where, INDEX(0), INDEX(3), INDEX(1)])
        return context.get_dummy_value()

    return types.void(images, row), code


@intrinsic  # type: ignore[untyped-decorator]
def tile_rows(typing: Any, c: Any) -> Any:
    return types.int64(c), lambda *_: WORD(detect_registers().rows)


@intrinsic  # type: ignore[untyped-decorator]
def tile_columns(typing: Any, c: Any) -> Any:
    columns = detect_registers().columns(c.dtype.bitwidth // 8)
    return types.int64(c), lambda *_: WORD(columns)


@intrinsic  # type: ignore[untyped-decorator]
def tile(typing: Any, a: Any, i: Any, b: Any, bj: Any, c: Any, cj: Any) -> Any:
    """The rows of B must be contiguous, and those of C or of Cᵀ."""

    def emit(vectors: Vectors, A: Matrix, i: Any, B: Matrix, bj: Any, C: Matrix, cj: Any) -> None:
        Tile(vectors, A, B, bj, (TransposedRows if c.layout == "F" else Rows)(vectors, C, i, cj)).emit()

    return types.void(a, i, b, bj, c, cj), with_vectors(c.dtype, emit)


@intrinsic  # type: ignore[untyped-decorator]
def first_tile(typing: Any, a: Any, b: Any, j: Any, c: Any, panel: Any) -> Any:
    """The same, from the first row on."""

    def emit(vectors: Vectors, A: Matrix, B: Matrix, j: Any, C: Matrix, P: Matrix) -> None:
        Tile(vectors, A, B, j, Rows(vectors, C, WORD(0), j), panel=P).emit()

    return types.void(a, b, j, c, panel), with_vectors(c.dtype, emit)


@intrinsic  # type: ignore[untyped-decorator]
def transpose(typing: Any, b: Any, j: Any, panel: Any) -> Any:
    """The rows of B must be contiguous."""
    return types.void(b, j, panel), with_vectors(b.dtype, transpose_panel)


def with_vectors(dtype: Any, emit: Callable[..., None]) -> Any:
    """The code that `emit(vectors, *arguments)` writes, in which arrays are a `Matrix`."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        matrices = (
            Matrix(builder, context.make_array(kind)(context, builder, x)) if isinstance(kind, types.Array) else x
            for kind, x in zip(signature.args, arguments, strict=True)
        )
        emit(Vectors(context, builder, dtype), *matrices)
        return context.get_dummy_value()

    return code


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
