"""The identity: a network of such layers is linear, however deep it is."""

from dataclasses import dataclass
from typing import ClassVar

from fmnist.activation.base import Activation, Rule
from fmnist.interfaces import Array


def identity(z: Array) -> Array:
    return z


def identity_derivative(z: Array, a: Array) -> float:
    return 1


@dataclass(frozen=True, kw_only=True)
class Identity(Activation):
    """σ(z) = z,  σ′(z) = 1."""

    rule: ClassVar[Rule] = staticmethod(identity)
    derivative: ClassVar[Rule] = staticmethod(identity_derivative)
