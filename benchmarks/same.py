"""Do the peers do the same work? From the same weights, on the same batches, the losses must be the same."""

from collections.abc import Sequence
from statistics import fmean

from suite import Cell

CHECKED = 64  # steps
FIRST = 8  # of them that must agree one by one: later a unit may switch on one side only, and rounding grows
TOLERANCE = 1e-4  # of each of those losses; most agree to 1e-6
ALIKE = 0.2  # of the mean loss of all: it falls alike, whatever rounding, dropout masks and another order do


class Differs(Exception):
    """A peer does other work than ours."""


def differs(cell: Cell, arm: str, ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest relative deviation from our first losses; where each draws by itself, that of the mean loss.

    Raises:
        Differs: it is more than rounding (or chance) explains.
    """
    of_mean = abs(fmean(theirs) / fmean(ours) - 1)
    of_chance = cell.extra == "dropout" or len(theirs) != len(ours)
    of_first = 0.0 if of_chance else max(abs(b / a - 1) for a, b in zip(ours[:FIRST], theirs, strict=False))
    if not (of_mean <= ALIKE and of_first <= TOLERANCE):
        raise Differs(f"{cell}: the losses of {arm} differ from ours by {of_first:.2%}, their mean by {of_mean:.2%}")
    return of_mean if of_chance else of_first
