"""The weights of the first layer as images."""

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from fmnist.interfaces import Array
from fmnist.picture.mosaic import mosaic
from fmnist.picture.style import GREY, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 12
UNITS = 60
INCHES = 0.62


@look()
def weight_images(W: Array, shape: tuple[int, int]) -> "Figure":
    """The first-layer weights W (d, units): the units with the longest weight vectors, longest first."""
    lengths = np.linalg.norm(W, axis=0)
    units = np.argsort(-lengths, kind="stable")[:UNITS]
    tiles = W[:, units].T.reshape(len(units), *shape)
    inch = INCHES / max(shape)
    gap = ceil(0.05 / inch)
    shown = mosaic(tiles, min(COLUMNS, len(units)), gap, gap)
    height, width = (side * inch for side in shown.image.shape)
    total = max(width + 0.95, 5.5), height + 0.8
    chosen = f"the {len(units)} longest of {W.shape[1]} units" if len(units) < W.shape[1] else f"all {len(units)} units"
    note = f"{chosen}, longest first; red: a bright pixel excites, blue: it inhibits"
    fig = new_figure(*total, "First-layer weights", note)
    ax = fig.add_axes((0.14 / total[0], 0.08 / total[1], width / total[0], height / total[1]))
    top = float(np.percentile(np.abs(tiles), 99.5)) or 1.0
    image = ax.imshow(shown.image, cmap="RdBu_r", aspect="auto", vmin=-top, vmax=top)
    ax.axis("off")
    bar = fig.add_axes(((0.14 + width + 0.08) / total[0], 0.12 / total[1], 0.1 / total[0], min(height, 2) / total[1]))
    colours = fig.colorbar(image, cax=bar)
    colours.outline.set_visible(False)
    bar.set_yticks([-top, 0, top], [f"−{top:.2g}", "0", f"{top:.2g}"], color=GREY, size=7)
    bar.tick_params(length=0)
    return fig
