"""Nesterov's accelerated gradient (Sutskever et al., 2013, https://proceedings.mlr.press/v28/sutskever13.html)."""

from dataclasses import dataclass
from typing import ClassVar

from fmnist.interfaces import Array
from fmnist.optimizer.base import Rule
from fmnist.optimizer.momentum import Momentum, Scalars


def nesterov(theta: Array, g: Array, u: Array, h: Scalars) -> tuple[Array, Array]:
    u = h.momentum * u + g
    return theta - h.lr * (g + h.momentum * u), u


@dataclass(kw_only=True)
class Nesterov(Momentum):
    """u ← μu + g,  θ ← θ − η (g + μu).

    μ: `momentum`. θ is the look-ahead point, so its gradient is the one that is needed
    (Bengio et al., 2013, https://arxiv.org/abs/1212.0901), as in PyTorch.
    """

    rule: ClassVar[Rule] = staticmethod(nesterov)
