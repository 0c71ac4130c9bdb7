"""Where the elements of a matrix lie, and arithmetic with indices, in LLVM's code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

WORD, INDEX, BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()


class Matrix:
    """An array's `start`, how many `rows` and `columns` it has, and the strides from one to the next in bytes."""

    def __init__(self, builder: Any, array: Any) -> None:
        self.builder = builder
        self.start = builder.bitcast(array.data, BYTE)
        self.rows, self.columns = (builder.extract_value(array.shape, k) for k in (0, 1))
        self.row_stride, self.column_stride = (builder.extract_value(array.strides, k) for k in (0, 1))

    def address(self, i: Any, j: Any) -> Any:
        """Of the element in row i and column j."""
        offset = self.builder.add(self.builder.mul(i, self.row_stride), self.builder.mul(j, self.column_stride))
        return self.builder.gep(self.start, [offset])


def plus(builder: Any, x: Any, number: int) -> Any:
    return builder.add(x, WORD(number))


def minimum(builder: Any, x: Any, y: Any) -> Any:
    return builder.select(builder.icmp_signed("<", x, y), x, y)


@contextmanager
def for_range(builder: Any, end: Any, step: int = 1) -> Iterator[Any]:
    """for k in range(0, end, step), with an end that is not 0."""
    before, body, after = builder.block, builder.append_basic_block("for"), builder.append_basic_block("end")
    builder.branch(body)
    builder.position_at_end(body)
    k = builder.phi(WORD)
    k.add_incoming(WORD(0), before)
    yield k
    following = plus(builder, k, step)
    k.add_incoming(following, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, end), body, after)
    builder.position_at_end(after)
