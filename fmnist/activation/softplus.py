"""Softplus, a smooth ReLU (Dugas et al., 2001)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.activation.sigmoid import logistic
from fmnist.interfaces import Array


def softplus(z: Array) -> Array:
    """ln(1 + eᶻ) = max(z, 0) + ln(1 + e^−|z|), which cannot overflow."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def softplus_derivative(z: Array, a: Array) -> Array:
    return logistic(z)


@dataclass(frozen=True, kw_only=True)
class Softplus(Activation):
    """σ(z) = ln(1 + eᶻ),  σ′(z) = 1 / (1 + e⁻ᶻ)."""

    rule: ClassVar[Rule] = staticmethod(softplus)
    derivative: ClassVar[Rule] = staticmethod(softplus_derivative)
