"""Cutout (DeVries & Taylor, 2017, https://arxiv.org/abs/1708.04552)."""

from dataclasses import dataclass

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A black square of `size` × `size` pixels anywhere in the image, for each image anew."""

    size: int = 4

    def __post_init__(self) -> None:
        check.integer(1, size=self.size)

    def __call__(self, images: Array, rng: Rng) -> None:
        n, height, width = images.shape
        top, left = (rng.integers(0, max(1, side - self.size + 1), n) for side in (height, width))
        rows, columns = (
            (np.arange(side) >= start[:, None]) & (np.arange(side) < start[:, None] + self.size)
            for side, start in ((height, top), (width, left))
        )
        images[rows[:, :, None] & columns[:, None, :]] = 0
