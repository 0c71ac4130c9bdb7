"""The hyperbolic tangent."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.interfaces import Array


def tanh(z: Array) -> Array:
    return np.tanh(z)


def tanh_derivative(z: Array, a: Array) -> Array:
    return 1 - a * a


@dataclass(frozen=True, kw_only=True)
class Tanh(Activation):
    """σ(z) = tanh z,  σ′(z) = 1 − σ(z)²."""

    rule: ClassVar[Rule] = staticmethod(tanh)
    derivative: ClassVar[Rule] = staticmethod(tanh_derivative)
