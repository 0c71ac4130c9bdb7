"""Do the peers do the same work? From the same weights, on the same batches, the losses must be the same."""

from collections.abc import Sequence
from statistics import fmean

from suite import Cell

CHECKED = 64  # steps
FIRST = 8  # of them that must agree one by one: later rounding has grown
TOLERANCE = {"tanh": 1e-4, "relu": 1e-2}  # of each of those; most agree to 1e-6, but rounding may cross ReLU's kink
MEAN_TOLERANCE = 0.2  # of the mean loss of all: it falls alike, whatever rounding, dropout masks and another order do


class Differs(Exception):
    """A peer does other work than ours."""


def deviation(cell: Cell, peer: str, ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest relative deviation from our first losses; that of the mean loss where masks or order are random.

    Raises:
        Differs: it is more than rounding (or chance) explains.
    """
    of_mean = abs(fmean(theirs) / fmean(ours) - 1)
    is_random = cell.extra == "dropout" or len(theirs) != len(ours)
    of_first = 0.0 if is_random else max(abs(b / a - 1) for a, b in zip(ours[:FIRST], theirs, strict=False))
    if not (of_mean <= MEAN_TOLERANCE and of_first <= TOLERANCE[cell.activation]):
        raise Differs(f"{cell}: the losses of {peer} differ from ours by {of_first:.2%}, their mean by {of_mean:.2%}")
    return of_mean if is_random else of_first
