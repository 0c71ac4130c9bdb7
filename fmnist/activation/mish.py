"""Mish (Misra, 2019, https://arxiv.org/abs/1908.08681)."""

from dataclasses import dataclass

import numpy as np

from fmnist.activation.sigmoid import logistic
from fmnist.activation.softplus import softplus
from fmnist.interfaces import Array


@dataclass(frozen=True, kw_only=True)
class Mish:
    """σ(z) = z t,  σ′(z) = t + z (1 − t²) s,  t = tanh(ln(1 + eᶻ)),  s = 1 / (1 + e⁻ᶻ)."""

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, np.tanh(softplus(z)), out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        t = np.tanh(softplus(z))
        return np.add(t, z * (1 - t * t) * logistic(z), out=out)
