"""NAdam: Adam with Nesterov's momentum (Dozat, 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.optimizer.adam import Adam
from fmnist.optimizer.base import Rule, state


class Scalars(NamedTuple):
    beta1: float
    new1: float  # 1 − β₁
    beta2: float
    new2: float  # 1 − β₂
    step_g: float  # η (1 − μₜ) / (1 − Πμ)
    step_m: float  # η μₜ₊₁ / (1 − μₜ₊₁ Πμ)
    c2: float  # 1 − β₂ᵗ
    eps: float


def nadam(theta: Array, g: Array, m: Array, v: Array, h: Scalars) -> tuple[Array, Array, Array]:
    m = h.beta1 * m + h.new1 * g
    v = h.beta2 * v + h.new2 * (g * g)
    return theta - (h.step_g * g + h.step_m * m) / (np.sqrt(v / h.c2) + h.eps), m, v


@dataclass(kw_only=True)
class NAdam(Adam):
    """m, v as in Adam,  θ ← θ − η [(1−μₜ)/(1−Πμ) g + μₜ₊₁/(1−μₜ₊₁Πμ) m] / (√(v/c₂) + ε).

    μₜ = β₁ (1 − ½ 0.96^(ψt)) warms the momentum up; Πμ = μ₁ ⋯ μₜ.
    "NAdam" names three algorithms, which ψ (`momentum_decay`) tells apart: 0.004 is PyTorch's, 1 Keras's,
    ∞ (μ = β₁) Optax's.
    """

    momentum_decay: float = 0.004
    product: float = state(1.0)  # Πμ

    rule: ClassVar[Rule] = staticmethod(nadam)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.momentum_decay != np.inf:
            check.non_negative(momentum_decay=self.momentum_decay)

    def mu(self, t: int) -> float:
        return self.beta1 * (1 - 0.5 * 0.96 ** (self.momentum_decay * t))

    def scalars(self, lr: float) -> Scalars:
        mu, ahead = self.mu(self.t), self.mu(self.t + 1)
        self.product *= mu
        step_g = lr * (1 - mu) / (1 - self.product)
        step_m = lr * ahead / (1 - ahead * self.product)
        b1, b2 = self.beta1, self.beta2
        return Scalars(b1, 1 - b1, b2, 1 - b2, step_g, step_m, 1 - b2**self.t, self.eps)
