"""All zeros: every unit of a layer stays the same as its neighbours. Here to be seen failing."""

from dataclasses import dataclass

import numpy as np

from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Zeros:
    """W = 0."""

    def __call__(self, shape: tuple[int, int], rng: Rng) -> Array:
        return np.zeros(shape)
