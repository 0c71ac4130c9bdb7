"""The focal loss: examples that are already right weigh less (Lin et al., 2017, https://arxiv.org/abs/1708.02002)."""

from dataclasses import dataclass

import numpy as np

from fmnist import check
from fmnist.interfaces import Array
from fmnist.loss.softmax import log_softmax


@dataclass(frozen=True, kw_only=True)
class Focal:
    """L = −1/n Σₙ (1 − p_y)^γ log p_y,  p = softmax(z); γ = 0 is the cross-entropy.

    ∂L/∂zⱼ = 1/n [γ p_y (1 − p_y)^γ r − (1 − p_y)^γ] (δⱼy − pⱼ),  r = log p_y / (1 − p_y) → −1 as p_y → 1.
    """

    gamma: float = 2.0

    def __post_init__(self) -> None:
        check.non_negative(gamma=self.gamma)

    def __call__(self, z: Array, y: Array, grad: Array | None = None) -> float:
        n = len(z)
        log_p = log_softmax(z)
        log_py = log_p[np.arange(n), y]
        miss = -np.expm1(log_py)  # 1 − p_y, exact where p_y is nearly 1
        weight = miss**self.gamma
        value = -np.mean(weight * log_py, dtype=np.float64)
        if grad is not None:
            ratio = np.divide(log_py, miss, out=np.full_like(miss, -1), where=miss > 0)
            slope = (weight * (self.gamma * (1 - miss) * ratio - 1) / n)[:, None]
            np.multiply(np.exp(log_p), -slope, out=grad)
            grad[np.arange(n), y] += slope[:, 0]
        return float(value)
