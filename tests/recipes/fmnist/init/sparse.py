"""Sparse initialisation (Martens, 2010, https://www.cs.toronto.edu/~jmartens/docs/Deep_HessianFree.pdf)."""

from dataclasses import dataclass

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Sparse:
    """Each unit has at most `connections` weights from N(0, 1); the others are zero."""

    connections: int = 15

    def __post_init__(self) -> None:
        check.integer(1, connections=self.connections)

    def __call__(self, shape: tuple[int, int], rng: Rng) -> Array:
        rank = rng.random(shape).argsort(axis=0).argsort(axis=0)
        return np.where(rank < self.connections, rng.normal(size=shape), 0)
