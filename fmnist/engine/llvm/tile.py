"""What product.py has no words for: sums that stay in vector registers, and blocks of a matrix turned within them.

The functions here write LLVM's code, through Numba; each does what the function of its name in product.py does.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fmnist.engine.llvm.vectors import REGISTERS, WORD, Matrix, Vectors

AHEAD = 8  # rows of B that are on their way to the cache while one is used


@intrinsic  # type: ignore[untyped-decorator]
def tile_rows(typing: Any, c: Any) -> Any:
    return types.int64(c), lambda *_: WORD(REGISTERS.rows)


@intrinsic  # type: ignore[untyped-decorator]
def tile_columns(typing: Any, c: Any) -> Any:
    columns = REGISTERS.columns(c.dtype.bitwidth // 8)
    return types.int64(c), lambda *_: WORD(columns)


@intrinsic  # type: ignore[untyped-decorator]
def tile(typing: Any, a: Any, i: Any, b: Any, bj: Any, c: Any, cj: Any) -> Any:
    """The rows of B must be contiguous, and those of C or of Cᵀ."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        A, i, B, bj, C, cj = opened(context, builder, signature, arguments)
        Tile(context, builder, c.dtype, A, i, B, bj, C, cj, turned=c.layout == "F").emit()
        return context.get_dummy_value()

    return types.void(a, i, b, bj, c, cj), code


@intrinsic  # type: ignore[untyped-decorator]
def first_tile(typing: Any, a: Any, b: Any, j: Any, c: Any, panel: Any) -> Any:
    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        A, B, j, C, P = opened(context, builder, signature, arguments)
        Tile(context, builder, c.dtype, A, WORD(0), B, j, C, j, panel=P).emit()
        return context.get_dummy_value()

    return types.void(a, b, j, c, panel), code


@intrinsic  # type: ignore[untyped-decorator]
def turn(typing: Any, b: Any, j: Any, panel: Any) -> Any:
    """The rows of B must be contiguous."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        B, j, P = opened(context, builder, signature, arguments)
        Vectors(context, builder, b.dtype).turn(B, j, P)
        return context.get_dummy_value()

    return types.void(b, j, panel), code


def opened(context: Any, builder: Any, signature: Any, arguments: Any) -> list[Any]:
    return [
        Matrix(builder, context.make_array(kind)(context, builder, value)) if isinstance(kind, types.Array) else value
        for kind, value in zip(signature.args, arguments, strict=True)
    ]


class Tile(Vectors):
    """Rows beyond the last one are the last one again, columns beyond the last one are masked."""

    def __init__(
        self,
        context: Any,
        builder: Any,
        dtype: Any,
        a: Matrix,
        i: Any,
        b: Matrix,
        bj: Any,
        c: Matrix,
        cj: Any,
        panel: Matrix | None = None,
        turned: bool = False,
    ) -> None:
        """`panel` takes the columns of B; `turned`: it is the rows of Cᵀ that are contiguous."""
        super().__init__(context, builder, dtype)
        self.a, self.b, self.bj, self.c, self.cj, self.panel, self.turned = a, b, bj, c, cj, panel, turned
        self.columns_left, last = builder.sub(c.columns, cj), builder.sub(c.rows, WORD(1))
        self.rows_left = builder.sub(c.rows, i)
        self.rows = [self.least(self.plus(i, r), last) for r in range(REGISTERS.rows)]

    def emit(self) -> None:
        """Whole where it can be; a narrow product, such as that with the logits, takes one vector a row."""
        builder, vectors, left = self.builder, REGISTERS.vectors, self.columns_left
        with builder.if_else(builder.icmp_signed(">=", left, WORD(vectors * self.lanes))) as (whole, part):
            with whole:
                self.product([None] * vectors)
            with part, builder.if_else(builder.icmp_signed(">", left, WORD(self.lanes))) as (wide, narrow):
                with wide:
                    self.product([self.mask(self.plus(left, -v * self.lanes)) for v in range(vectors)])
                with narrow:
                    self.product([self.mask(left)])

    def product(self, masks: list[Any]) -> None:
        """Σₖ A[i, k] B[k, j] for all rows i of the tile, and as many vectors of columns j as there are masks."""
        builder, zero = self.builder, ir.Constant(self.vector, None)
        factors = [self.a.at(i, WORD(0)) for i in self.rows]
        if not self.turned:
            for i in self.rows:
                self.prefetch(self.c.at(i, self.cj), len(masks), write=True)
        before = builder.block
        with self.steps(self.a.columns, 1) as k:
            start = builder.block
            sums = [[builder.phi(self.vector) for _ in masks] for _ in factors]
            terms = [self.load(self.b.at(k, self.plus(self.bj, v * self.lanes)), mask) for v, mask in enumerate(masks)]
            if self.panel:
                self.prefetch(self.b.at(self.plus(k, AHEAD), self.bj), len(masks), write=False)
                for v, term in enumerate(terms):
                    self.store(term, self.panel.at(k, WORD(v * self.lanes)))
            step = builder.mul(k, self.a.column)
            for factor, row in zip(factors, sums, strict=True):
                number = builder.bitcast(builder.gep(factor, [step]), self.number.as_pointer())
                x = self.everywhere(builder.load(number), self.vector)
                for v, (old, term) in enumerate(zip(row, terms, strict=True)):
                    flags = ("contract",)  # one instruction
                    row[v] = builder.fadd(builder.fmul(x, term, flags=flags), old, flags=flags)
                    old.add_incoming(zero, before)
                    old.add_incoming(row[v], start)
        if self.turned:
            self.store_turned(sums, masks)
        else:
            for i, row in zip(self.rows, sums, strict=True):
                for v, (value, mask) in enumerate(zip(row, masks, strict=True)):
                    self.store(value, self.c.at(i, self.plus(self.cj, v * self.lanes)), mask)

    def store_turned(self, sums: list[list[Any]], masks: list[Any]) -> None:
        """Column by column, each into a row of Cᵀ."""
        builder, height = self.builder, REGISTERS.rows
        columns = [x for v in range(len(masks)) for x in self.cut(self.interleaved([row[v] for row in sums]), height)]
        if masks[0] is not None:
            self.store_part(columns)
            return
        whole = builder.icmp_signed(">=", self.rows_left, WORD(height))
        with builder.if_else(whole) as (all_rows, some):
            with all_rows:
                for j, column in enumerate(columns):
                    self.store(column, self.c.at(self.rows[0], self.plus(self.cj, j)))
            with some:
                self.store_part(columns)

    def store_part(self, columns: list[Any]) -> None:
        """What there is of them, number by number."""
        builder, height, pointer = self.builder, REGISTERS.rows, self.number.as_pointer()
        memory = cgutils.alloca_once(builder, ir.ArrayType(columns[0].type, len(columns)))
        for j, column in enumerate(columns):
            builder.store(column, builder.gep(memory, [WORD(0), WORD(j)]), align=self.size)
        start = builder.bitcast(memory, pointer)
        with self.steps(self.least(self.columns_left, WORD(len(columns))), 1) as j:
            first = builder.gep(start, [builder.mul(j, WORD(height))])
            with self.steps(self.least(self.rows_left, WORD(height)), 1) as r:
                place = self.c.at(builder.add(self.rows[0], r), builder.add(self.cj, j))
                builder.store(builder.load(builder.gep(first, [r])), builder.bitcast(place, pointer))
