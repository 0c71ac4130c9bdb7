"""The confusion matrix: counts and rates."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fmnist.interfaces import Array
from fmnist.picture.style import BLACK, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@look()
def confusion_matrix(C: Array, classes: Sequence[str], title: str) -> "Figure":
    """C[i, j]: how many examples of class i were taken for class j, (k, k).

    Shown is each count with its share of the true class, in a colour that only gets darker, so it prints in grey.
    The colour follows √share: mistakes are rare, and would all look white.
    """
    k = len(classes)
    rates = C / np.maximum(C.sum(axis=1, keepdims=True), 1)
    side = 1.5 + max(0.62 * k, 3)
    fig = new_figure(side + 0.35, side + 0.2, title, "each cell: examples, and their share of the true class")
    ax = fig.add_axes((1.15 / side, 0.95 / side, 1 - 1.3 / side, 1 - 1.6 / side))
    ax.imshow(np.sqrt(rates), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for i, j in np.argwhere(C):
        colour = "white" if rates[i, j] > 0.505 else "black"  # on either the contrast is 4.5 or more
        ax.text(j, i - 0.06, f"{C[i, j]}", color=colour, ha="center", va="bottom", size=9)
        ax.text(j, i + 0.08, f"{rates[i, j]:.1%}", color=colour, ha="center", va="top", size=6.5)
    ax.set_xticks(range(k), classes, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(k), classes)
    ax.set_xticks(np.arange(k - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(k - 1) + 0.5, minor=True)
    ax.grid(visible=False)
    ax.grid(which="minor", color="white", linewidth=1)
    ax.tick_params(length=0, which="both", labelcolor=BLACK)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    return fig
