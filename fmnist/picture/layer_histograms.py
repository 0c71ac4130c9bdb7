"""Histograms of activations and gradients by layer: do they vanish, saturate or explode?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fmnist.interfaces import Array
from fmnist.picture.style import BLUE, GREY, look, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 80


class LayerValues(NamedTuple):
    """A layer's outputs, and the gradient of its weights, before and after the training: any shapes."""

    name: str
    activations: tuple[Array, Array]
    gradients: tuple[Array, Array]


@look()
def layer_histograms(layers: Sequence[LayerValues], note: str) -> "Figure":
    """A row per layer: its activations as they are, its gradients by magnitude."""
    height = 1.15 + 0.95 * len(layers)
    fig = new_figure(9, height, "Activations and gradients by layer", note)
    grid = fig.subplots(len(layers), 2, squeeze=False)
    magnitudes = [[magnitude(g) for g in layer.gradients] for layer in layers]
    ends = common_range([m for pair in magnitudes for m in pair], top=1.0)  # the largest gradients are what explodes
    for (left, right), layer, gradients in zip(grid, layers, magnitudes, strict=True):
        outlines(left, layer.activations, common_range(layer.activations))
        outlines(right, gradients, ends)
        left.text(-0.02, 0.5, layer.name, transform=left.transAxes, ha="right", va="center")
        zero = [np.mean(a == 0) for a in layer.activations]
        if max(zero) > 0.005:
            share = f"zero: {zero[0]:.0%} → {zero[1]:.0%}"
            left.text(0.99, 0.92, share, transform=left.transAxes, ha="right", va="top", size=7.5, color=GREY)
        if layer is not layers[-1]:
            right.tick_params(labelbottom=False)
    for ax, title in zip(grid[0], ("layer's outputs", "gradient of the weights: log₁₀ |∂L/∂W|"), strict=True):
        ax.set_title(title)
    grid[0][0].legend(loc="lower right", bbox_to_anchor=(1, 1), borderpad=0, ncols=2, handlelength=1.2, fontsize=8)
    fig.subplots_adjust(left=0.1, right=0.985, top=1 - 0.82 / height, bottom=0.3 / height, wspace=0.06, hspace=0.42)
    return fig


def magnitude(g: Array) -> Array:
    """log₁₀ |g| of what is not zero."""
    return np.log10(np.abs(g[g != 0]))


def common_range(values: Sequence[Array], top: float = 0.995) -> tuple[float, float]:
    """From the smallest but half a hundredth of the values to their quantile `top`, 1 for the largest."""
    some = [v for v in values if v.size]
    if not some:
        return 0.0, 1.0
    low = min(float(np.quantile(v, 0.005)) for v in some)
    high = max(float(np.quantile(v, top)) for v in some)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def outlines(ax: "Axes", values: Sequence[Array], ends: tuple[float, float]) -> None:
    """Two histograms over each other, each as high as its highest bin; what is exactly zero is left out."""
    for v, colour, fill, label in zip(values, (GREY, BLUE), (0.12, 0.3), ("untrained", "trained"), strict=True):
        counts, edges = np.histogram(v[v != 0], BINS, ends)
        heights = counts / max(counts.max(), 1)
        ax.stairs(heights, edges, color=colour, linewidth=1.2)
        ax.stairs(heights, edges, color=colour, alpha=fill, fill=True, label=label)
    ax.set_xlim(ends)
    ax.set_ylim(0, 1.12)
    ax.set_yticks([])
    ax.grid(axis="y", visible=False)
    ax.spines["left"].set_visible(False)
