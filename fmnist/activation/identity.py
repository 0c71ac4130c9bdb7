"""The identity: layers of it stay linear, which shows what an activation is for."""

from dataclasses import dataclass

import numpy as np

from fmnist.interfaces import Array


@dataclass(frozen=True, kw_only=True)
class Identity:
    """σ(z) = z,  σ′(z) = 1."""

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return np.positive(z, out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.add(np.zeros_like(z), 1, out=out)
