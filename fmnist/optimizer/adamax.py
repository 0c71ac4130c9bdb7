"""AdaMax: Adam with the infinity norm (Kingma & Ba, 2015, section 7, https://arxiv.org/abs/1412.6980)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.interfaces import Array
from fmnist.optimizer.adam import Adam, Scalars
from fmnist.optimizer.base import Rule


def adamax(theta: Array, g: Array, m: Array, v: Array, h: Scalars) -> tuple[Array, Array, Array]:
    m = h.beta1 * m + h.new1 * g
    v = np.maximum(h.beta2 * v, np.abs(g) + h.eps)
    return theta - h.lr * (m / h.c1) / v, m, v


@dataclass(kw_only=True)
class AdaMax(Adam):
    """m ← β₁m + (1−β₁)g,  v ← max(β₂v, |g| + ε),  θ ← θ − η (m/c₁) / v.

    v is the paper's u and needs no bias correction. ε keeps v above zero, as in PyTorch.
    """

    lr: float = 0.002

    rule: ClassVar[Rule] = staticmethod(adamax)
