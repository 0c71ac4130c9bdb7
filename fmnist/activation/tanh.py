"""The hyperbolic tangent."""

from dataclasses import dataclass

import numpy as np

from fmnist.interfaces import Array


@dataclass(frozen=True, kw_only=True)
class Tanh:
    """σ(z) = tanh z,  σ′(z) = 1 − σ(z)²."""

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return np.tanh(z, out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.subtract(1, a * a, out=out)
