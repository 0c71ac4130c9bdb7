"""Blocks of a matrix transposed within vector registers."""

from typing import Any

from fmnist.engine.llvm.matrix import WORD, Matrix, for_range, minimum, plus
from fmnist.engine.llvm.registers import detect_registers
from fmnist.engine.llvm.vectors import Vectors


def transpose_panel(vectors: Vectors, b: Matrix, j: Any, panel: Matrix) -> None:
    """panel ← B[j:]ᵀ, in blocks of as many rows as columns; rows beyond the last one are the last one again."""
    builder = vectors.builder
    last = builder.sub(b.rows, WORD(1))
    with for_range(builder, b.columns, vectors.lanes) as k:
        left = builder.sub(b.columns, k)
        with builder.if_else(builder.icmp_signed(">=", left, WORD(vectors.lanes))) as (whole, part):
            with whole:
                transpose_block(vectors, b, j, k, panel, last, None)
            with part:
                transpose_block(vectors, b, j, k, panel, last, left)


def transpose_block(vectors: Vectors, b: Matrix, j: Any, k: Any, panel: Matrix, last: Any, left: Any) -> None:
    """`left`: how many columns there are, if not a whole vector."""
    builder, lanes = vectors.builder, vectors.lanes
    mask = None if left is None else vectors.mask(left)
    for v in range(detect_registers().vectors):
        rows = [minimum(builder, plus(builder, j, v * lanes + lane), last) for lane in range(lanes)]
        columns = transpose_rows(vectors, [vectors.load(b.address(row, k), mask) for row in rows])
        for lane, column in enumerate(columns):
            address = panel.address(plus(builder, k, lane), WORD(v * lanes))
            if left is None:
                vectors.store(column, address)
            else:
                with builder.if_then(builder.icmp_signed("<", WORD(lane), left)):
                    vectors.store(column, address)


def transpose_rows(vectors: Vectors, rows: list[Any]) -> list[Any]:
    """The numbers of a power of two of rows in the order of columns.

    (a₀ a₁ …), (b₀ b₁ …) become (a₀ b₀ a₁ …), (… aₙ bₙ), again and again until a column's numbers are neighbours.
    """
    lanes = vectors.lanes
    low = [k // 2 + k % 2 * lanes for k in range(lanes)]
    high = [lane + lanes // 2 for lane in low]
    for _ in range(len(rows).bit_length() - 1):
        halves = zip(rows[: len(rows) // 2], rows[len(rows) // 2 :], strict=True)
        rows = [vectors.shuffle(a, b, order) for a, b in halves for order in (low, high)]
    return rows


def resize(vectors: Vectors, values: list[Any], length: int) -> list[Any]:
    """The same numbers in the same order, in vectors of another length."""
    lanes = vectors.lanes
    if lanes >= length:
        firsts = range(0, lanes, length)
        return [vectors.shuffle(x, x, list(range(first, first + length))) for x in values for first in firsts]
    while lanes < length:
        lanes *= 2
        pairs = zip(values[::2], values[1::2], strict=True)
        values = [vectors.shuffle(x, y, list(range(lanes))) for x, y in pairs]
    return values
