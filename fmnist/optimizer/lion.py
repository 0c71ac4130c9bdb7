"""Lion: the sign of a momentum, found by program search (Chen et al., 2023, https://arxiv.org/abs/2302.06675)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.optimizer.base import Optimizer, Rule, state


class Scalars(NamedTuple):
    lr: float
    beta1: float
    new1: float  # 1 − β₁
    beta2: float
    new2: float  # 1 − β₂


def lion(theta: Array, g: Array, m: Array, h: Scalars) -> tuple[Array, Array]:
    theta = theta - h.lr * np.sign(h.beta1 * m + h.new1 * g)
    return theta, h.beta2 * m + h.new2 * g


@dataclass(kw_only=True)
class Lion(Optimizer):
    """θ ← θ − η sign(β₁m + (1−β₁)g),  m ← β₂m + (1−β₂)g.

    Every step moves every parameter by η, so η should be 3 to 10 times smaller than Adam's and λ as
    much larger.
    The paper's weight decay is `decoupled`.
    """

    lr: float = 0.0001
    decoupled: bool = True
    beta1: float = 0.9
    beta2: float = 0.99
    m: Array = state()

    rule: ClassVar[Rule] = staticmethod(lion)

    def __post_init__(self) -> None:
        super().__post_init__()
        check.fraction(beta1=self.beta1, beta2=self.beta2)

    def scalars(self, lr: float) -> Scalars:
        return Scalars(lr, self.beta1, 1 - self.beta1, self.beta2, 1 - self.beta2)
