"""The rectified linear unit (Nair & Hinton, 2010, https://www.cs.toronto.edu/~hinton/absps/reluICML.pdf)."""

from dataclasses import dataclass

import numpy as np

from fmnist.interfaces import Array


@dataclass(frozen=True, kw_only=True)
class ReLU:
    """σ(z) = max(z, 0),  σ′(z) = 1 if z > 0 else 0."""

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return np.maximum(z, 0, out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        return np.greater(a, 0, out=np.empty_like(z) if out is None else out)
