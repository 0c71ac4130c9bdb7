"""AdaGrad (Duchi, Hazan & Singer, 2011, https://jmlr.org/papers/v12/duchi11a.html)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.optimizer.base import Optimizer, Rule, state


class Scalars(NamedTuple):
    lr: float
    eps: float


def adagrad(theta: Array, g: Array, s: Array, h: Scalars) -> tuple[Array, Array]:
    s = s + g * g
    return theta - h.lr * g / (np.sqrt(s) + h.eps), s


@dataclass(kw_only=True)
class AdaGrad(Optimizer):
    """s ← s + g²,  θ ← θ − η g / (√s + ε)."""

    lr: float = 0.01
    eps: float = 1e-10
    s: Array = state()

    rule: ClassVar[Rule] = staticmethod(adagrad)

    def __post_init__(self) -> None:
        super().__post_init__()
        check.positive(eps=self.eps)

    def scalars(self, lr: float) -> Scalars:
        return Scalars(lr, self.eps)
