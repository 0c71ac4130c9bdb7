"""RMSprop (Tieleman & Hinton, 2012, lecture 6.5: https://www.cs.toronto.edu/~hinton/coursera/lecture6/lec6.pdf)."""

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


def rmsprop(theta: Array, g: Array, v: Array, h: Scalars) -> tuple[Array, Array]:
    v = h.rho * v + h.new * (g * g)
    return theta - h.lr * g / (np.sqrt(v) + h.eps), v


@dataclass(kw_only=True)
class RMSprop(Optimizer):
    """v ← ρv + (1−ρ)g²,  θ ← θ − η g / (√v + ε).

    ρ: `rho` (PyTorch calls it alpha).
    """

    lr: float = 0.001
    rho: float = 0.9
    eps: float = 1e-8
    v: Array = state()

    rule: ClassVar[Rule] = staticmethod(rmsprop)

    def __post_init__(self) -> None:
        super().__post_init__()
        check.fraction(rho=self.rho)
        check.positive(eps=self.eps)

    def scalars(self, lr: float) -> Scalars:
        return Scalars(lr, self.rho, 1 - self.rho, self.eps)
