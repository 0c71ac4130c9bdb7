"""Swish (Ramachandran, Zoph & Le, 2017, https://arxiv.org/abs/1710.05941); with β = 1 it is the SiLU."""

from dataclasses import dataclass
from typing import ClassVar

from fmnist.activation.base import Activation, Rule
from fmnist.activation.sigmoid import logistic
from fmnist.config import check
from fmnist.interfaces import Array


def swish(z: Array, beta: float) -> Array:
    return z * logistic(beta * z)


def swish_derivative(z: Array, a: Array, beta: float) -> Array:
    s = logistic(beta * z)
    return s + beta * a * (1 - s)


@dataclass(frozen=True, kw_only=True)
class Swish(Activation):
    """σ(z) = z s,  σ′(z) = s + β σ(z) (1 − s),  s = 1 / (1 + e^−βz)."""

    beta: float = 1.0

    rule: ClassVar[Rule] = staticmethod(swish)
    derivative: ClassVar[Rule] = staticmethod(swish_derivative)

    def __post_init__(self) -> None:
        check.positive(beta=self.beta)
