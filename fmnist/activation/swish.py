"""Swish (Ramachandran, Zoph & Le, 2017, https://arxiv.org/abs/1710.05941); with β = 1 it is the SiLU."""

from dataclasses import dataclass

import numpy as np

from fmnist import check
from fmnist.activation.sigmoid import logistic
from fmnist.interfaces import Array


@dataclass(frozen=True, kw_only=True)
class Swish:
    """σ(z) = z s,  σ′(z) = s + β σ(z) (1 − s),  s = 1 / (1 + e^−βz)."""

    beta: float = 1.0

    def __post_init__(self) -> None:
        check.positive(beta=self.beta)

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(z, logistic(self.beta * z), out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        s = logistic(self.beta * z)
        return np.add(s, self.beta * a * (1 - s), out=out)
