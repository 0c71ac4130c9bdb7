"""Adam: adaptive moment estimation (Kingma & Ba, 2015, https://arxiv.org/abs/1412.6980)."""

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
    c1: float  # 1 − β₁ᵗ
    c2: float  # 1 − β₂ᵗ
    eps: float


def adam(theta: Array, g: Array, m: Array, v: Array, h: Scalars) -> tuple[Array, Array, Array]:
    m = h.beta1 * m + h.new1 * g
    v = h.beta2 * v + h.new2 * (g * g)
    return theta - h.lr * (m / h.c1) / (np.sqrt(v / h.c2) + h.eps), m, v


@dataclass(kw_only=True)
class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  θ ← θ − η (m/c₁) / (√(v/c₂) + ε).

    c₁ = 1−β₁ᵗ and c₂ = 1−β₂ᵗ correct the bias of starting from zero.
    AdamW (Loshchilov & Hutter, 2019, https://arxiv.org/abs/1711.05101) is Adam with `decoupled` weight decay.
    """

    lr: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    m: Array = state()
    v: Array = state()

    rule: ClassVar[Rule] = staticmethod(adam)

    def __post_init__(self) -> None:
        super().__post_init__()
        check.fraction(beta1=self.beta1, beta2=self.beta2)
        check.positive(eps=self.eps)

    def scalars(self, lr: float) -> tuple[float, ...]:
        b1, b2 = self.beta1, self.beta2
        return Scalars(lr, b1, 1 - b1, b2, 1 - b2, 1 - b1**self.t, 1 - b2**self.t, self.eps)
