"""AMSGrad: Adam with the maximum of all second moments (Reddi, Kale & Kumar, 2018, https://arxiv.org/abs/1904.09237)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.interfaces import Array
from fmnist.optimizer.adam import Adam, Scalars
from fmnist.optimizer.base import Rule, state


def amsgrad(theta: Array, g: Array, m: Array, v: Array, w: Array, h: Scalars) -> tuple[Array, Array, Array, Array]:
    m = h.beta1 * m + h.new1 * g
    v = h.beta2 * v + h.new2 * (g * g)
    w = np.maximum(w, v)
    return theta - h.lr * (m / h.c1) / (np.sqrt(w / h.c2) + h.eps), m, v, w


@dataclass(kw_only=True)
class AMSGrad(Adam):
    """m ← β₁m + (1−β₁)g,  v ← β₂v + (1−β₂)g²,  w ← max(w, v),  θ ← θ − η (m/c₁) / (√(w/c₂) + ε).

    With Adam's bias corrections c₁ and c₂, as in PyTorch; the paper leaves them out.
    """

    w: Array = state()

    rule: ClassVar[Rule] = staticmethod(amsgrad)
