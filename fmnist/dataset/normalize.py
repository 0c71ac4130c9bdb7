"""Normalisation: the network sees scale · x + shift instead of the grey level x."""

from math import sqrt

import numpy as np

from fmnist.interfaces import Array, Split

CHUNK = 4096  # images counted at a time: bincount casts to int64, eight times the memory


def histogram(part: Split) -> Array:
    """How often each grey level 0 … 255 occurs in a part."""
    counts = np.zeros(256, np.int64)
    for start in range(0, part.size, CHUNK):
        counts += np.bincount(part.x[part.rows[start : start + CHUNK]].ravel(), minlength=256)
    return counts


def to_unit(high: int) -> tuple[float, float]:
    """x/high ∈ [0, 1], where `high` is white."""
    return 1 / high, 0.0


def to_standard(part: Split, high: int) -> tuple[float, float]:
    """(x/high − μ)/σ = x/(high σ) − μ/σ, with the mean μ and the deviation σ of all pixels of the part.

    Both come from the histogram, a sum of integers, which is exact in any order.
    """
    counts, level = histogram(part), np.arange(256) / high
    mean = float(level @ counts / counts.sum())
    deviation = sqrt(float((level - mean) ** 2 @ counts / counts.sum())) or 1.0  # all pixels equal: only centre
    return 1 / (high * deviation), -mean / deviation
