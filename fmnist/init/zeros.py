"""All zeros: the units of a layer stay equal, so the network hardly learns. For comparison only."""

from dataclasses import dataclass

import numpy as np

from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Zeros:
    """W = 0."""

    def __call__(self, shape: tuple[int, int], rng: Rng) -> Array:
        return np.zeros(shape)
