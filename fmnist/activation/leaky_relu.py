"""The leaky ReLU (Maas, Hannun & Ng, 2013, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.config import check
from fmnist.interfaces import Array


def leaky_relu(z: Array, s: float) -> Array:
    return np.maximum(z, s * z)


def leaky_relu_derivative(z: Array, a: Array, s: float) -> Array:
    return np.where(z > 0, 1, s)


@dataclass(frozen=True, kw_only=True)
class LeakyReLU(Activation):
    """σ(z) = max(z, s z),  σ′(z) = 1 if z > 0 else s, with a small slope s (`slope`)."""

    slope: float = 0.01

    rule: ClassVar[Rule] = staticmethod(leaky_relu)
    derivative: ClassVar[Rule] = staticmethod(leaky_relu_derivative)

    def __post_init__(self) -> None:
        check.fraction(slope=self.slope)
