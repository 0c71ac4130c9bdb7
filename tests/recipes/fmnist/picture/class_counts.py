"""How many examples each class has."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fmnist.picture.style import look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@look()
def class_counts(counts: Mapping[str, int]) -> "Figure":
    """A bar for each class."""
    fig = new_figure(6, 3, "Examples of each class")
    fig.add_subplot().bar(list(counts), list(counts.values()))
    return fig
