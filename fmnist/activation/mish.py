"""Mish (Misra, 2019, https://arxiv.org/abs/1908.08681)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.activation.sigmoid import logistic
from fmnist.activation.softplus import softplus
from fmnist.interfaces import Array


def mish(z: Array) -> Array:
    return z * np.tanh(softplus(z))


def mish_derivative(z: Array, a: Array) -> Array:
    t = np.tanh(softplus(z))
    return t + z * (1 - t * t) * logistic(z)


@dataclass(frozen=True, kw_only=True)
class Mish(Activation):
    """σ(z) = z t,  σ′(z) = t + z (1 − t²) s,  t = tanh(ln(1 + eᶻ)),  s = 1 / (1 + e⁻ᶻ)."""

    rule: ClassVar[Rule] = staticmethod(mish)
    derivative: ClassVar[Rule] = staticmethod(mish_derivative)
