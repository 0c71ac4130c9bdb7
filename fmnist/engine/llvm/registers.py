"""The processor's vector registers, and how much of a matrix product fits into them."""

from functools import cache
from typing import NamedTuple

import llvmlite.binding as llvm


class Registers(NamedTuple):
    """`rows` × `vectors` of them hold sums; a vector is `bytes` long."""

    rows: int
    vectors: int
    bytes: int

    def columns(self, size: int) -> int:
        """How many numbers of `size` bytes the vectors of a row hold."""
        return self.vectors * self.bytes // size


@cache
def detect_registers() -> Registers:
    """What leaves a few for the factors: 32 registers with AVX-512 and on ARM, else 16."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return Registers(8, 2, 64)
    if features.get("avx"):
        return Registers(4, 2, 32)
    return Registers(4, 4 if features.get("neon") else 2, 16)
