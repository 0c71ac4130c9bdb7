"""A tile of a matrix product C = A B: sums that stay in vector registers from the first term to the last.

                           B      j           j + lanes
                         ┌─────┬───────────┬───────────┐
                       k │     │ b b b b   │ b b b ×   │     a row of the panel: a few vectors of columns,
                         └─────┴───────────┴───────────┘     × is beyond the last column, and masked
    A         k            C
  ┌─────────┬───┬───┐    ┌─────┬───────────┬───────────┐
  │         │   │   │    │     │           │           │
i │         │ a │   │ ─► │     │ Σ Σ Σ Σ   │ Σ Σ Σ ×   │     each a fills a vector, which is multiplied with
  │         │ a │   │ ─► │     │ Σ Σ Σ Σ   │ Σ Σ Σ ×   │     the vectors of b: a register of sums for each
  │         │ a │   │ ─► │     │ Σ Σ Σ Σ   │ Σ Σ Σ ×   │     row and vector
  └─────────┴───┴───┘    └─────┴───────────┴───────────┘
              a       ─►         Σ Σ Σ Σ     Σ Σ Σ ×         beyond the last row: the last row again, and stored again

With AVX-512 a tile has 8 rows of 2 vectors of 16 float32 numbers, so that 16 of the 32 registers hold sums; see
registers.py. The first tile of a panel reads B as it lies, and leaves the panel behind, packed, for the tiles below it;
see product.py.
"""

from dataclasses import dataclass
from typing import Any

from fmnist.engine.llvm.matrix import WORD, Matrix, for_range, plus
from fmnist.engine.llvm.registers import detect_registers
from fmnist.engine.llvm.result import Rows
from fmnist.engine.llvm.vectors import Vectors

AHEAD = 8  # rows of B that are on their way to the cache while one is used


@dataclass(frozen=True)
class Tile:
    """C[i:, j:] ← A[i:] B[:, j:] as far as a tile reaches; `panel`, if there is one, takes the columns of B."""

    vectors: Vectors
    a: Matrix
    b: Matrix
    j: Any
    result: Rows
    panel: Matrix | None = None

    def emit(self) -> None:
        """Whole where it can be; a narrow product, such as that with the logits, takes one vector a row."""
        builder, lanes = self.vectors.builder, self.vectors.lanes
        count, left = detect_registers().vectors, self.result.columns_left
        with builder.if_else(builder.icmp_signed(">=", left, WORD(count * lanes))) as (whole, part):
            with whole:
                self.multiply([None] * count)
            with part, builder.if_else(builder.icmp_signed(">", left, WORD(lanes))) as (wide, narrow):
                with wide:
                    self.multiply([self.vectors.mask(plus(builder, left, -v * lanes)) for v in range(count)])
                with narrow:
                    self.multiply([self.vectors.mask(left)])

    def multiply(self, masks: list[Any]) -> None:
        """Σₖ A[i, k] B[k, j] for all rows i of the tile, and as many vectors of columns j as there are masks."""
        builder, vectors, a = self.vectors.builder, self.vectors, self.a
        factors = [a.address(i, WORD(0)) for i in self.result.rows]
        self.result.prefetch(len(masks))
        before = builder.block
        with for_range(builder, a.columns) as k:
            start = builder.block
            sums = [[builder.phi(vectors.type) for _ in masks] for _ in factors]
            terms = self.load_terms(k, masks)
            step = builder.mul(k, a.column_stride)
            for factor, row in zip(factors, sums, strict=True):
                number = builder.bitcast(builder.gep(factor, [step]), vectors.number.as_pointer())
                x = vectors.broadcast(builder.load(number))
                for v, (old, term) in enumerate(zip(row, terms, strict=True)):
                    flags = ("contract",)  # one instruction
                    row[v] = builder.fadd(builder.fmul(x, term, flags=flags), old, flags=flags)
                    old.add_incoming(vectors.zero(), before)
                    old.add_incoming(row[v], start)
        self.result.store(sums, masks)

    def load_terms(self, k: Any, masks: list[Any]) -> list[Any]:
        """B[k, j:]."""
        builder, vectors, b, j = self.vectors.builder, self.vectors, self.b, self.j
        offsets = [v * vectors.lanes for v in range(len(masks))]
        terms = [
            vectors.load(b.address(k, plus(builder, j, offset)), mask)
            for offset, mask in zip(offsets, masks, strict=True)
        ]
        if self.panel:
            vectors.prefetch(b.address(plus(builder, k, AHEAD), j), len(masks), write=False)
            for offset, term in zip(offsets, terms, strict=True):
                vectors.store(term, self.panel.address(k, WORD(offset)))
        return terms
