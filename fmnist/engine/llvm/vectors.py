"""Numbers by the vector register: loaded, stored, put into another order."""

from typing import Any

from llvmlite import ir

from fmnist.engine.llvm.matrix import BYTE, INDEX, WORD
from fmnist.engine.llvm.registers import detect_registers

CACHE_LINE = 64  # bytes


class Vectors:
    """Writes code for vectors of one type of numbers. A mask says which lanes there are; None is all of them."""

    def __init__(self, context: Any, builder: Any, dtype: Any) -> None:
        self.builder, self.number = builder, context.get_value_type(dtype)
        self.size = dtype.bitwidth // 8  # bytes, and the alignment: a vector may begin at any number
        self.lanes = detect_registers().bytes // self.size
        self.type = ir.VectorType(self.number, self.lanes)

    def zero(self) -> Any:
        return ir.Constant(self.type, None)

    def mask(self, left: Any) -> Any:
        """The first `left` lanes."""
        words = ir.VectorType(WORD, self.lanes)
        lanes = ir.Constant(words, list(range(self.lanes)))
        return self.builder.icmp_signed("<", lanes, self.broadcast(left, words))

    def load(self, address: Any, mask: Any = None) -> Any:
        address = self.builder.bitcast(address, self.type.as_pointer())
        if mask is None:
            return self.builder.load(address, align=self.size)
        return self.call_masked("load", self.type, [address, INDEX(self.size), mask, self.zero()])

    def store(self, value: Any, address: Any, mask: Any = None) -> None:
        address = self.builder.bitcast(address, value.type.as_pointer())
        if mask is None:
            self.builder.store(value, address, align=self.size)
        else:
            self.call_masked("store", ir.VoidType(), [value, address, INDEX(self.size), mask])

    def call_masked(self, what: str, result: Any, arguments: list[Any]) -> Any:
        name, module = f"llvm.masked.{what}.v{self.lanes}f{8 * self.size}.p0", self.builder.module
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        return self.builder.call(module.globals.get(name) or ir.Function(module, kind, name), arguments)

    def prefetch(self, address: Any, vectors: int, *, write: bool) -> None:
        """Call a row's lines into the cache. Rows lie too far apart for the processor to foresee the next one."""
        kind = ir.FunctionType(ir.VoidType(), [BYTE, INDEX, INDEX, INDEX])
        hint = self.builder.module.declare_intrinsic("llvm.prefetch", (BYTE,), kind)
        for offset in range(0, vectors * detect_registers().bytes, CACHE_LINE):
            line = self.builder.gep(address, [WORD(offset)])
            self.builder.call(hint, [line, INDEX(int(write)), INDEX(3), INDEX(1)])

    def broadcast(self, x: Any, vector: Any = None) -> Any:
        """A number in every lane."""
        one = self.builder.insert_element(ir.Constant(vector or self.type, ir.Undefined), x, INDEX(0))
        return self.shuffle(one, one, [0] * self.lanes)

    def shuffle(self, a: Any, b: Any, lanes: list[int]) -> Any:
        """These lanes of a and b, which are counted on from those of a."""
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INDEX, len(lanes)), lanes))
