"""The exponential linear unit (Clevert, Unterthiner & Hochreiter, 2016, https://arxiv.org/abs/1511.07289)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.config import check
from fmnist.interfaces import Array


def elu(z: Array, alpha: float) -> Array:
    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))


def elu_derivative(z: Array, a: Array, alpha: float) -> Array:
    return np.where(z > 0, 1, a + alpha)


@dataclass(frozen=True, kw_only=True)
class ELU(Activation):
    """σ(z) = z if z > 0 else α (eᶻ − 1),  σ′(z) = 1 if z > 0 else σ(z) + α."""

    alpha: float = 1.0

    rule: ClassVar[Rule] = staticmethod(elu)
    derivative: ClassVar[Rule] = staticmethod(elu_derivative)

    def __post_init__(self) -> None:
        check.positive(alpha=self.alpha)
