"""The rectified linear unit (Nair & Hinton, 2010, https://www.cs.toronto.edu/~hinton/absps/reluICML.pdf)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.interfaces import Array


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


def relu_derivative(z: Array, a: Array) -> Array:
    return a > 0


@dataclass(frozen=True, kw_only=True)
class ReLU(Activation):
    """σ(z) = max(z, 0),  σ′(z) = 1 if z > 0 else 0."""

    rule: ClassVar[Rule] = staticmethod(relu)
    derivative: ClassVar[Rule] = staticmethod(relu_derivative)
