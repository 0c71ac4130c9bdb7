"""PolyLoss with one term, Poly-1 (Leng et al., 2022, https://arxiv.org/abs/2204.12511)."""

from dataclasses import dataclass
from typing import ClassVar

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.loss.base import Loss, Rule


def poly(log_p: Array, p: Array, hit: Array, k: float, eps: float) -> tuple[Array, Array]:
    return hit * (eps * (1 - p) - log_p), -hit * (1 + eps * p)


@dataclass(frozen=True, kw_only=True)
class Poly(Loss):
    """L = 1/n Σₙ (−log p_y + ε (1 − p_y)),  ∂ℓ/∂log p_y = −1 − ε p_y;  ε: `epsilon`."""

    epsilon: float = 1.0

    rule: ClassVar[Rule] = staticmethod(poly)

    def __post_init__(self) -> None:
        check.non_negative(epsilon=self.epsilon)
