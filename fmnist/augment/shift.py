"""Random shifts by whole pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fmnist.config import check
from fmnist.interfaces import Array, Rng

MOST = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Shift:
    """x[i, j] ← x[i−a, j−b], black where that lies outside; a, b uniform in {−pixels, …, pixels}, drawn for each image.

    A shifted image is a window of the image padded with `pixels` rows and columns of black on each side.
    """

    pixels: int = 2

    def __post_init__(self) -> None:
        check.integer(0, MOST, pixels=self.pixels)

    def __call__(self, images: Array, rng: Rng) -> None:
        n, size = len(images), images.shape[1:]
        p = min(self.pixels, max(size))  # as far as that everything is black
        padded = np.pad(images, ((0, 0), (p, p), (p, p)))
        windows = sliding_window_view(padded, size, axis=(1, 2))
        top, left = (rng.integers(0, 2 * self.pixels, size=(2, n), endpoint=True) - self.pixels).clip(-p, p) + p
        images[...] = windows[np.arange(n), top, left]
