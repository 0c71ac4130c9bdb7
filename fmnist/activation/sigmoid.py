"""The logistic sigmoid."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.interfaces import Array


def logistic(z: Array) -> Array:
    """1 / (1 + e⁻ᶻ), computed from e^−|z|, which cannot overflow and keeps the digits of tiny values."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def logistic_derivative(z: Array, a: Array) -> Array:
    return a * (1 - a)


@dataclass(frozen=True, kw_only=True)
class Sigmoid(Activation):
    """σ(z) = 1 / (1 + e⁻ᶻ),  σ′(z) = σ(z) (1 − σ(z))."""

    rule: ClassVar[Rule] = staticmethod(logistic)
    derivative: ClassVar[Rule] = staticmethod(logistic_derivative)
