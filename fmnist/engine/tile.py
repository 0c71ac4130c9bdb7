"""What product.py has no words for: sums that stay in vector registers, and blocks of a matrix turned within them.

The functions here write LLVM's code, through Numba; each does what the function of its name in product.py does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fmnist.engine.registers import registers

REGISTERS = registers()
AHEAD = 8  # rows of B that are on their way to the cache while one is used
CACHE_LINE = 64  # bytes
WORD, INDEX, BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()


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


class Matrix:
    """Where the elements of an array lie; strides are in bytes."""

    def __init__(self, builder: Any, array: Any) -> None:
        self.builder = builder
        self.start = builder.bitcast(array.data, BYTE)
        self.rows, self.columns = (builder.extract_value(array.shape, k) for k in (0, 1))
        self.row, self.column = (builder.extract_value(array.strides, k) for k in (0, 1))

    def at(self, i: Any, j: Any) -> Any:
        offset = self.builder.add(self.builder.mul(i, self.row), self.builder.mul(j, self.column))
        return self.builder.gep(self.start, [offset])


class Vectors:
    """Numbers by the register. A mask says which lanes there are; None is all of them."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.builder, self.number = builder, context.get_value_type(dtype)
        self.size = dtype.bitwidth // 8  # bytes, and the alignment: a vector may begin at any number
        self.lanes = REGISTERS.bytes // self.size
        self.vector = ir.VectorType(self.number, self.lanes)

    def turn(self, b: Matrix, j: Any, panel: Matrix) -> None:
        """panel ← B[j:]ᵀ, in blocks of as many rows as columns; rows beyond the last one are the last one again."""
        builder, last = self.builder, self.builder.sub(b.rows, WORD(1))
        with self.steps(b.columns, self.lanes) as k:
            left = builder.sub(b.columns, k)
            with builder.if_else(builder.icmp_signed(">=", left, WORD(self.lanes))) as (whole, part):
                with whole:
                    self.turn_block(b, j, k, panel, last, None, None)
                with part:
                    self.turn_block(b, j, k, panel, last, self.mask(left), left)

    def turn_block(self, b: Matrix, j: Any, k: Any, panel: Matrix, last: Any, mask: Any, left: Any) -> None:
        for v in range(REGISTERS.vectors):
            rows = [self.least(self.plus(j, v * self.lanes + lane), last) for lane in range(self.lanes)]
            columns = self.interleaved([self.load(b.at(row, k), mask) for row in rows])
            for lane, column in enumerate(columns):
                address = panel.at(self.plus(k, lane), WORD(v * self.lanes))
                if left is None:
                    self.store(column, address)
                else:
                    with self.builder.if_then(self.builder.icmp_signed("<", WORD(lane), left)):
                        self.store(column, address)

    @contextmanager
    def steps(self, end: Any, step: int) -> Iterator[Any]:
        """for k in range(0, end, step), with an end that is not 0."""
        builder = self.builder
        before, body, after = builder.block, builder.append_basic_block("for"), builder.append_basic_block("end")
        builder.branch(body)
        builder.position_at_end(body)
        k = builder.phi(WORD)
        k.add_incoming(WORD(0), before)
        yield k
        following = self.plus(k, step)
        k.add_incoming(following, builder.block)
        builder.cbranch(builder.icmp_signed("<", following, end), body, after)
        builder.position_at_end(after)

    def interleaved(self, vectors: list[Any]) -> list[Any]:
        """The same numbers in the order of columns, for a power of two of rows.

        (a₀ a₁ …), (b₀ b₁ …) become (a₀ b₀ a₁ …), (… aₙ bₙ), again and again until a column's numbers are neighbours.
        """
        low = [k // 2 + k % 2 * self.lanes for k in range(self.lanes)]
        high = [lane + self.lanes // 2 for lane in low]
        for _ in range(len(vectors).bit_length() - 1):
            halves = zip(vectors[: len(vectors) // 2], vectors[len(vectors) // 2 :], strict=True)
            vectors = [self.shuffled(a, b, order) for a, b in halves for order in (low, high)]
        return vectors

    def cut(self, vectors: list[Any], length: int) -> list[Any]:
        """The same numbers in vectors of another length."""
        if self.lanes >= length:
            firsts = range(0, self.lanes, length)
            return [self.shuffled(x, x, list(range(first, first + length))) for x in vectors for first in firsts]
        lanes = self.lanes
        while lanes < length:
            lanes *= 2
            vectors = [
                self.shuffled(x, y, list(range(lanes))) for x, y in zip(vectors[::2], vectors[1::2], strict=True)
            ]
        return vectors

    def shuffled(self, a: Any, b: Any, lanes: list[int]) -> Any:
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INDEX, len(lanes)), lanes))

    def everywhere(self, x: Any, vector: Any) -> Any:
        """A number in every lane of a vector."""
        one = self.builder.insert_element(ir.Constant(vector, ir.Undefined), x, INDEX(0))
        return self.shuffled(one, one, [0] * self.lanes)

    def mask(self, left: Any) -> Any:
        """The first `left` lanes."""
        words = ir.VectorType(WORD, self.lanes)
        lanes = ir.Constant(words, list(range(self.lanes)))
        return self.builder.icmp_signed("<", lanes, self.everywhere(left, words))

    def load(self, address: Any, mask: Any = None) -> Any:
        address = self.builder.bitcast(address, self.vector.as_pointer())
        if mask is None:
            return self.builder.load(address, align=self.size)
        return self.masked("load", self.vector, [address, INDEX(self.size), mask, ir.Constant(self.vector, None)])

    def store(self, value: Any, address: Any, mask: Any = None) -> None:
        address = self.builder.bitcast(address, value.type.as_pointer())
        if mask is None:
            self.builder.store(value, address, align=self.size)
        else:
            self.masked("store", ir.VoidType(), [value, address, INDEX(self.size), mask])

    def masked(self, what: str, result: Any, arguments: list[Any]) -> Any:
        name, module = f"llvm.masked.{what}.v{self.lanes}f{8 * self.size}.p0", self.builder.module
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        return self.builder.call(module.globals.get(name) or ir.Function(module, kind, name), arguments)

    def prefetch(self, address: Any, vectors: int, *, write: bool) -> None:
        """Call a row's lines into the cache. Rows lie too far apart for the processor to foresee the next one."""
        kind = ir.FunctionType(ir.VoidType(), [BYTE, INDEX, INDEX, INDEX])
        hint = self.builder.module.declare_intrinsic("llvm.prefetch", (BYTE,), kind)
        for offset in range(0, vectors * REGISTERS.bytes, CACHE_LINE):
            line = self.builder.gep(address, [WORD(offset)])
            self.builder.call(hint, [line, INDEX(int(write)), INDEX(3), INDEX(1)])

    def plus(self, x: Any, number: int) -> Any:
        return self.builder.add(x, WORD(number))

    def least(self, x: Any, y: Any) -> Any:
        return self.builder.select(self.builder.icmp_signed("<", x, y), x, y)


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
