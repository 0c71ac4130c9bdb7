"""Images of a data set by class."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from fmnist.interfaces import Array
from fmnist.picture.mosaic import mosaic
from fmnist.picture.style import look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 5  # where each class has a single image
PIXEL = 1.2 / 28  # inches of an MNIST image's pixel


@look()
def sample_grid(images: Array, classes: Sequence[str], title: str) -> "Figure":
    """`images`: (k, n, height, width), n of each class. A single one has its name below, several stand in a row."""
    k, n, h, w = images.shape
    single = n == 1
    columns = min(COLUMNS, k) if single else n
    inch = PIXEL * 28 / max(h, w) * (1 if single else 0.6)
    right, below = ceil(0.12 / inch), ceil((0.34 if single else 0.06) / inch)
    shown = mosaic(images.reshape(k * n, h, w), columns, right, below)
    margin = 0.2 if single else 0.35 + 0.085 * max(map(len, classes))
    height, width = (side * inch for side in shown.image.shape)
    total = max(width + margin + 0.1, 3.6), height + 0.65
    fig = new_figure(*total, title)
    ax = fig.add_axes((margin / total[0], 0.1 / total[1], width / total[0], height / total[1]))
    ax.imshow(shown.image, cmap="gray_r", aspect="auto", vmin=0, vmax=max(images.max(), 1))
    ax.axis("off")
    for c, name in enumerate(classes):
        label = name if name == str(c) else f"{c}  {name}"
        x, y = shown.x[c * n], shown.y[c * n]
        if single:
            ax.text(x + w / 2 - 0.5, y + h + 0.04 / inch, label, ha="center", va="top", size=9)
        else:
            ax.text(x - 0.1 / inch, y + h / 2 - 0.5, label, ha="right", va="center", size=9)
    return fig
