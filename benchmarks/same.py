"""Do the peers do the same work? From the same weights, on the same batches, the losses must be the same."""

from collections.abc import Sequence
from statistics import fmean

from suite import Cell

CHECKED = 64  # steps
TOLERANCE = 0.01  # of the loss at any step: rounding grows while networks learn
ALIKE = 0.1  # of the mean loss, where each draws its own dropout masks or its own order


class Differs(Exception):
    """A peer does other work than ours."""


def differs(cell: Cell, arm: str, ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest deviation from our losses, relative to them; of the mean loss where chance differs.

    Raises:
        Differs: it is more than rounding (or chance) explains.
    """
    of_chance = cell.extra == "dropout" or len(theirs) != len(ours)
    if of_chance:
        found = abs(fmean(theirs) / fmean(ours) - 1)
    else:
        found = max(abs(b - a) / a for a, b in zip(ours, theirs, strict=True))
    if not found <= (ALIKE if of_chance else TOLERANCE):
        raise Differs(f"{cell}: the losses of {arm} differ from ours by {found:.2%}")
    return found
