"""Do the peers do the same work? From the same weights, on the same batches, the losses must be the same."""

from collections.abc import Sequence
from statistics import fmean

from suite import Cell

CHECKED = 64  # steps
TOLERANCE = 1e-4  # of the loss at any step: float32's rounding, which grows while a network learns
EPSILON_HAT = 0.02  # scikit-learn's Adam adds ε to √v before the bias correction, as the paper's ε̂, not after
ALIKE = 0.1  # of the mean loss, where each draws its own dropout masks or its own order


class Differs(Exception):
    """A peer does other work than ours."""


def differs(cell: Cell, arm: str, ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest deviation from our losses, relative to them; of the mean loss where chance differs.

    Raises:
        Differs: it is more than rounding (or chance) explains.
    """
    if cell.extra == "dropout" or len(theirs) != len(ours):
        found, allowed = abs(fmean(theirs) / fmean(ours) - 1), ALIKE
    else:
        found = max(abs(b - a) / a for a, b in zip(ours, theirs, strict=True))
        allowed = EPSILON_HAT if arm.startswith("sklearn") and cell.optimizer == "adam" else TOLERANCE
    if not found <= allowed:
        raise Differs(f"{cell}: the losses of {arm} differ from ours by {found:.2%}")
    return found
