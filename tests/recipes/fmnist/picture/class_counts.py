"""How many examples each class has."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fmnist.picture.style import figure, look

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@look()
def class_counts(counts: Mapping[str, int]) -> "Figure":
    """A bar for each class."""
    drawn = figure(6, 3, "Examples of each class")
    drawn.add_subplot().bar(list(counts), list(counts.values()))
    return drawn
