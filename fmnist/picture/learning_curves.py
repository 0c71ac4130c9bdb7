"""Loss and accuracy of a run by epoch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fmnist.interfaces import Metrics
from fmnist.picture.style import BLACK, BLUE, GREY, ORANGE, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = {"train": (ORANGE, "--", "s"), "val": (BLUE, "-", "o")}  # distinguishable without colours, too


@look()
def learning_curves(history: Sequence[Metrics], objective: str, best: int) -> "Figure":
    """`history`: a row of metrics per epoch, at least one.  best: the index of the epoch that `objective` chose."""
    row = history[best]
    chosen = f"{objective} {row[objective]:.4f}" if objective in row else "the network"
    fig = new_figure(9, 3.6, "Learning curves", f"best: {chosen} of epoch {row['epoch']}, the dotted line")
    for quantity, ax in zip(("loss", "accuracy"), fig.subplots(1, 2), strict=True):
        ax.axvline(row["epoch"], color=GREY, linewidth=1, linestyle=":")
        for part, (colour, line, marker) in PARTS.items():
            name = f"{part}/{quantity}"
            if name not in row:
                continue
            x, y = [m["epoch"] for m in history], [m[name] for m in history]
            ax.plot(x, y, color=colour, linestyle=line, marker=marker if len(x) <= 30 else "", label=part)
            if name == objective:
                ax.plot(x[best], y[best], "o", color="none", markeredgecolor=BLACK, markersize=9)
        ax.set_title(quantity)
        ax.set_xlabel("epoch")
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        ax.legend(loc="upper right" if quantity == "loss" else "lower right")
    fig.subplots_adjust(left=0.07, right=0.985, top=0.76, bottom=0.13, wspace=0.17)
    return fig
