"""From times to ratios: how many times as fast as each peer, as the geometric mean over the cells."""

from collections.abc import Sequence
from statistics import geometric_mean
from typing import NamedTuple

from results import Result
from suite import Cell


class Goal(NamedTuple):
    """`ours` against `theirs` (the fastest of them in each cell): the geometric mean of the ratios is to reach `goal`.

    Against the floor it is the other way round: the ratio is our time in multiples of it.
    """

    name: str
    theirs: tuple[str, ...]
    goal: float
    ours: str = "ours"
    floor: bool = False

    def ratio(self, us: dict[str, float]) -> float | None:
        """Of one cell; None where the peer has no such thing."""
        theirs = min((us[peer] for peer in self.theirs if peer in us), default=None)
        if theirs is None:
            return None
        return us[self.ours] / theirs if self.floor else theirs / us[self.ours]

    def met(self, ratio: float) -> bool:
        return ratio <= self.goal if self.floor else ratio >= self.goal

    @property
    def text(self) -> str:
        return f"{'at most' if self.floor else 'at least'} {self.goal:g}"


JAX = Goal("JAX jit, the faster of its forms", ("jax step", "jax scan"), 1.4)
FLOOR = Goal("our time / the matrix products alone", ("matmul",), 1.2, floor=True)
GOALS = (
    JAX,
    Goal("PyTorch eager, fused optimizer", ("torch fused",), 2.5),
    Goal("torch.compile", ("torch compile",), 1.5),
    Goal("scikit-learn partial_fit", ("sklearn partial_fit",), 3),
    Goal("scikit-learn fit", ("sklearn fit",), 3),
    Goal("PyTorch eager / our NumPy engine", ("torch eager",), 1, "ours numpy"),
    FLOOR,
)


def summary(rows: Sequence[Result]) -> list[Result]:
    """A row for each goal that was measured: the geometric mean, and the cells where it is least and most."""
    found = []
    for goal in GOALS:
        ratios = {row["cell"]: ratio for row in rows if (ratio := goal.ratio(row["us"])) is not None}
        if ratios:
            mean = geometric_mean(ratios.values())
            ordered = sorted(map(list, ratios.items()), key=lambda pair: pair[1])
            row = {"name": goal.name, "ratio": mean, "goal": goal.text, "met": goal.met(mean)}
            found.append(row | {"cells": len(ratios), "least": ordered[0], "most": ordered[-1]})
    return found


def limit(rows: Sequence[Result]) -> Result:
    """How many times as fast as JAX a step could be that is nothing but matrix products, at the best rate seen."""
    flops = [Cell(tuple(row["hidden"]), row["batch"]).flops for row in rows]
    rate = max(count / row["us"]["matmul"] for count, row in zip(flops, rows, strict=True))
    times = [(JAX.ratio(row["us"]) or 0) * row["us"]["ours"] for row in rows]  # JAX's; 0 where it is missing
    ratios = [jax * rate / count for count, jax in zip(flops, times, strict=True) if jax]
    return {"gflops": rate / 1e3, "ratio": geometric_mean(ratios) if ratios else None}


def slower_than_jax(rows: Sequence[Result]) -> list[str]:
    """The cells in which JAX is faster than we are: there should be none."""
    return [row["cell"] for row in rows if (JAX.ratio(row["us"]) or 1) < 1]
