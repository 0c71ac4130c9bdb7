"""Misclassified images, with the probabilities of the predicted and the true class."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from fmnist.interfaces import Array
from fmnist.picture.mosaic import mosaic
from fmnist.picture.style import BLUE, GREY, ORANGE, look, new_figure
from fmnist.training.evaluation import Mistake

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 6
INCHES = 1.05  # of an image's longer side
LINE = 0.15  # inches of a line of text


@look()
def mistake_grid(mistakes: Sequence[Mistake], images: Array, classes: Sequence[str], title: str) -> "Figure":
    """`images`: (n, height, width), one per mistake, in the same order."""
    h, w = images.shape[1:]
    inch = INCHES / max(h, w)
    right, below = ceil(0.45 / inch), ceil((3 * LINE + 0.16) / inch)
    shown = mosaic(images, COLUMNS, right, below)
    height, width = (side * inch for side in shown.image.shape)
    total = width + 0.25, height + 0.8
    note = "× the predicted class, ✓ the true class, each with its probability; # the row in the test set's file"
    fig = new_figure(*total, title, note)
    ax = fig.add_axes((0.25 / total[0], 0.05 / total[1], width / total[0], height / total[1]))
    ax.imshow(shown.image, cmap="gray_r", aspect="auto", vmin=0, vmax=max(images.max(), 1))
    ax.axis("off")
    for mistake, left, top in zip(mistakes, shown.x, shown.y, strict=True):
        lines = (
            (f"× {classes[mistake.predicted]} {percent(mistake.probability)}", ORANGE, "bold"),
            (f"✓ {classes[mistake.true]} {percent(mistake.true_probability)}", BLUE, "normal"),
            (f"#{mistake.row}", GREY, "normal"),
        )
        for i, (text, colour, weight) in enumerate(lines):
            y = top + h + (0.12 + i * LINE) / inch
            ax.text(left, y, text, color=colour, weight=weight, ha="left", va="baseline", size=7.5)
    return fig


def percent(p: float) -> str:
    """Never rounded to certainty."""
    if p < 0.001:
        return "<0.1 %"
    return ">99.9 %" if p > 0.999 else f"{100 * p:.1f} %"
