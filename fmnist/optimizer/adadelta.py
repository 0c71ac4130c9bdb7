"""AdaDelta (Zeiler, 2012, https://arxiv.org/abs/1212.5701)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.optimizer.base import Optimizer, Rule, state


class Scalars(NamedTuple):
    lr: float
    rho: float
    new: float  # 1 − ρ
    eps: float


def adadelta(theta: Array, g: Array, v: Array, d: Array, h: Scalars) -> tuple[Array, Array, Array]:
    v = h.rho * v + h.new * (g * g)
    delta = np.sqrt(d + h.eps) / np.sqrt(v + h.eps) * g
    d = h.rho * d + h.new * (delta * delta)
    return theta - h.lr * delta, v, d


@dataclass(kw_only=True)
class AdaDelta(Optimizer):
    """v ← ρv + (1−ρ)g²,  δ = √(d+ε) / √(v+ε) · g,  d ← ρd + (1−ρ)δ²,  θ ← θ − η δ.

    The paper has η = 1: δ already has the units of θ.
    """

    lr: float = 1.0
    rho: float = 0.9
    eps: float = 1e-6
    v: Array = state()
    d: Array = state()

    rule: ClassVar[Rule] = staticmethod(adadelta)

    def __post_init__(self) -> None:
        super().__post_init__()
        check.fraction(rho=self.rho)
        check.positive(eps=self.eps)

    def scalars(self, lr: float) -> Scalars:
        return Scalars(lr, self.rho, 1 - self.rho, self.eps)
