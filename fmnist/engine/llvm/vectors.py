"""Numbers by the vector register, in LLVM's words: loaded, stored, turned, called for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

from fmnist.engine.llvm.registers import registers

REGISTERS = registers()
CACHE_LINE = 64  # bytes
WORD, INDEX, BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()


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
