"""The focal loss: examples that are already well classified weigh less (Lin et al., 2017, https://arxiv.org/abs/1708.02002)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.loss.base import Loss, Rule


def focal(log_p: Array, p: Array, hit: Array, k: float, gamma: float) -> tuple[Array, Array]:
    miss = -np.expm1(log_p)  # 1 − p, exact where p is nearly 1
    weight = hit * miss**gamma
    r = log_p / np.maximum(miss, 1e-30)  # where p = 1 it should be −1, but there its factor is 0
    return -weight * log_p, weight * (gamma * p * r - 1)


@dataclass(frozen=True, kw_only=True)
class Focal(Loss):
    """L = −1/n Σₙ (1 − p_y)^γ log p_y,  p = softmax(z); γ = 0 is the cross-entropy.

    ∂ℓ/∂log p_y = (1 − p_y)^γ (γ p_y r − 1),  r = log p_y / (1 − p_y).
    """

    gamma: float = 2.0

    rule: ClassVar[Rule] = staticmethod(focal)

    def __post_init__(self) -> None:
        check.non_negative(gamma=self.gamma)
