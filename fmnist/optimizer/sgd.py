"""Stochastic gradient descent (Robbins & Monro, 1951)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from fmnist.interfaces import Array
from fmnist.optimizer.base import Optimizer, Rule


class Scalars(NamedTuple):
    lr: float


def sgd(theta: Array, g: Array, h: Scalars) -> tuple[Array]:
    return (theta - h.lr * g,)


@dataclass(kw_only=True)
class SGD(Optimizer):
    """θ ← θ − η g."""

    lr: float = 0.1

    rule: ClassVar[Rule] = staticmethod(sgd)

    def scalars(self, lr: float) -> Scalars:
        return Scalars(lr)
