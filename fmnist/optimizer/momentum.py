"""Momentum, the heavy ball (Polyak, 1964; Sutskever et al., 2013, https://proceedings.mlr.press/v28/sutskever13.html)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.optimizer.base import Optimizer, Rule, state


class Scalars(NamedTuple):
    lr: float
    momentum: float


def heavy_ball(theta: Array, g: Array, u: Array, h: Scalars) -> tuple[Array, Array]:
    u = h.momentum * u + g
    return theta - h.lr * u, u


@dataclass(kw_only=True)
class Momentum(Optimizer):
    """u ← μu + g,  θ ← θ − η u.

    μ: `momentum`. η is not part of u, as in PyTorch; at a constant η this equals u ← μu + ηg.
    """

    lr: float = 0.01
    momentum: float = 0.9
    u: Array = state()

    rule: ClassVar[Rule] = staticmethod(heavy_ball)

    def __post_init__(self) -> None:
        super().__post_init__()
        check.fraction(momentum=self.momentum)

    def scalars(self, lr: float) -> Scalars:
        return Scalars(lr, self.momentum)
