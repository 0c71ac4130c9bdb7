"""What is compared: one class a form, each as its library's authors would write it for one CPU core.

Every peer is built as `Name(cell, threads)`, starts from this project's first weights and reads the same examples.
`threads`: of its arithmetic, None where the library may choose. Whatever is compiled, copied or allocated once is done
when the peer is built or at its first steps, which are not timed.
"""

from collections.abc import Iterable
from time import perf_counter
from typing import Any

PEERS = {  # the name in tables and results, and the class; the first is what the others are compared with
    "ours": "peers.ours:Ours",
    "ours numpy": "peers.ours:OursNumPy",
    "jax step": "peers.jax_jit:Step",
    "jax scan": "peers.jax_jit:Scan",
    "torch fused": "peers.pytorch:Fused",
    "torch eager": "peers.pytorch:Eager",
    "torch compile": "peers.pytorch_compile:Compiled",
    "sklearn partial_fit": "peers.scikit_learn:PartialFit",
    "sklearn fit": "peers.scikit_learn:Fit",
    "matmul": "peers.floor:Floor",
}


class Unsupported(Exception):
    """The library has no such optimizer, layer or option."""


class Peer:
    """`order`: the rows of each step's batch, (steps, batch)."""

    def batches(self, order: Any) -> Iterable[Any]:
        """The same as the library wants it."""
        return order

    def step(self, rows: Any) -> Any:
        """Train on a batch. Returns its loss."""

    def wait(self) -> None:
        """Until all steps are done."""

    def steps(self, order: Any) -> float:
        """Train on all batches. Returns the seconds."""
        batches = self.batches(order)
        begin = perf_counter()
        for rows in batches:
            self.step(rows)
        self.wait()
        return perf_counter() - begin

    def losses(self, order: Any) -> list[float]:
        """Train on all batches. Returns the loss of each."""
        return [float(self.step(rows)) for rows in self.batches(order)]
