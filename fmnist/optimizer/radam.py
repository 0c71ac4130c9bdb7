"""RAdam: Adam with a rectified variance of its step sizes (Liu et al., 2020, https://arxiv.org/abs/1908.03265)."""

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from fmnist.interfaces import Array
from fmnist.optimizer.adam import Adam
from fmnist.optimizer.base import Rule


class Scalars(NamedTuple):
    beta1: float
    new1: float  # 1 − β₁
    beta2: float
    new2: float  # 1 − β₂
    step: float  # η / (1 − β₁ᵗ)
    adaptive: float  # rₜ √(1 − β₂ᵗ), or 0 while the variance is not tractable
    plain: float  # 0, or 1 while the variance is not tractable
    eps: float


def radam(theta: Array, g: Array, m: Array, v: Array, h: Scalars) -> tuple[Array, Array, Array]:
    m = h.beta1 * m + h.new1 * g
    v = h.beta2 * v + h.new2 * (g * g)
    return theta - h.step * m * (h.adaptive / (np.sqrt(v) + h.eps) + h.plain), m, v


@dataclass(kw_only=True)
class RAdam(Adam):
    """m, v as in Adam,  θ ← θ − η (m/c₁) rₜ √c₂ / (√v + ε) if ρₜ > 5, else θ ← θ − η (m/c₁).

    ρₜ = ρ∞ − 2tβ₂ᵗ/c₂ is the length of the average behind v, ρ∞ = 2/(1−β₂) − 1, and
    rₜ = √((ρₜ−4)(ρₜ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρₜ)) rectifies its variance.
    The threshold of 5 is that of the authors' code and of PyTorch; the paper has 4.
    """

    rule: ClassVar[Rule] = staticmethod(radam)

    def scalars(self, lr: float) -> Scalars:
        b1, b2, t = self.beta1, self.beta2, self.t
        c2 = 1 - b2**t
        limit = 2 / (1 - b2) - 1
        length = limit - 2 * t * b2**t / c2
        adaptive, plain = 0.0, 1.0
        if length > 5:
            r = sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
            adaptive, plain = r * sqrt(c2), 0.0
        return Scalars(b1, 1 - b1, b2, 1 - b2, lr / (1 - b1**t), adaptive, plain, self.eps)
