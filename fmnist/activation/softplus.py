"""Softplus, a smooth ReLU (Dugas et al., 2001)."""

from dataclasses import dataclass

import numpy as np

from fmnist.activation.sigmoid import logistic
from fmnist.interfaces import Array


def softplus(z: Array, out: Array | None = None) -> Array:
    """ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|): nothing overflows."""
    return np.add(np.maximum(z, 0), np.log1p(np.exp(-np.abs(z))), out=out)


@dataclass(frozen=True, kw_only=True)
class Softplus:
    """σ(z) = ln(1 + eᶻ),  σ′(z) = 1 / (1 + e⁻ᶻ)."""

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return softplus(z, out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        return logistic(z, out)
