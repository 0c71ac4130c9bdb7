"""How a tile's sums get into C: row by row, or column by column where it is the rows of Cᵀ that are contiguous."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from fmnist.engine.llvm.matrix import WORD, Matrix, for_range, minimum, plus
from fmnist.engine.llvm.registers import detect_registers
from fmnist.engine.llvm.transpose import resize, transpose_rows
from fmnist.engine.llvm.vectors import Vectors


class Rows:
    """The part of C from row i and column j on. Rows beyond the last one are the last one again."""

    def __init__(self, vectors: Vectors, c: Matrix, i: Any, j: Any) -> None:
        self.vectors, self.builder, self.c, self.j = vectors, vectors.builder, c, j
        self.columns_left, last = self.builder.sub(c.columns, j), self.builder.sub(c.rows, WORD(1))
        self.rows_left = self.builder.sub(c.rows, i)
        self.rows = [minimum(self.builder, plus(self.builder, i, r), last) for r in range(detect_registers().rows)]

    def prefetch(self, count: int) -> None:
        """Call the first `count` vectors of each row into the cache."""
        for i in self.rows:
            self.vectors.prefetch(self.c.address(i, self.j), count, write=True)

    def store(self, sums: list[list[Any]], masks: list[Any]) -> None:
        """A list of vectors for each row, with one mask for each of them."""
        for i, row in zip(self.rows, sums, strict=True):
            for v, (value, mask) in enumerate(zip(row, masks, strict=True)):
                address = self.c.address(i, plus(self.builder, self.j, v * self.vectors.lanes))
                self.vectors.store(value, address, mask)


class TransposedRows(Rows):
    """The same, where the rows of Cᵀ are contiguous."""

    def prefetch(self, count: int) -> None:
        """Nothing: a tile touches more rows of Cᵀ than are worth calling for."""

    def store(self, sums: list[list[Any]], masks: list[Any]) -> None:
        builder, vectors, height = self.builder, self.vectors, len(self.rows)
        columns: list[Any] = []
        for block in zip(*sums, strict=True):
            columns += resize(vectors, transpose_rows(vectors, list(block)), height)
        if masks[0] is not None:
            self.store_part(columns)
            return
        whole = builder.icmp_signed(">=", self.rows_left, WORD(height))
        with builder.if_else(whole) as (all_rows, some):
            with all_rows:
                for j, column in enumerate(columns):
                    vectors.store(column, self.c.address(self.rows[0], plus(builder, self.j, j)))
            with some:
                self.store_part(columns)

    def store_part(self, columns: list[Any]) -> None:
        """As many rows and columns as there are, number by number."""
        builder, vectors, height = self.builder, self.vectors, len(self.rows)
        number = vectors.number.as_pointer()
        memory = cgutils.alloca_once(builder, ir.ArrayType(columns[0].type, len(columns)))
        for j, column in enumerate(columns):
            builder.store(column, builder.gep(memory, [WORD(0), WORD(j)]), align=vectors.size)
        start = builder.bitcast(memory, number)
        with for_range(builder, minimum(builder, self.columns_left, WORD(len(columns)))) as j:
            first = builder.gep(start, [builder.mul(j, WORD(height))])
            with for_range(builder, minimum(builder, self.rows_left, WORD(height))) as r:
                address = self.c.address(builder.add(self.rows[0], r), builder.add(self.j, j))
                builder.store(builder.load(builder.gep(first, [r])), builder.bitcast(address, number))
