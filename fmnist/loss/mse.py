"""The mean squared error between softmax probabilities and one-hot labels (the Brier score over k)."""

from dataclasses import dataclass
from typing import ClassVar

from fmnist.interfaces import Array
from fmnist.loss.base import Loss, Rule


def mse(log_p: Array, p: Array, hit: Array, k: float) -> tuple[Array, Array]:
    d = p - hit
    return d * d / k, 2 * d * p / k


@dataclass(frozen=True, kw_only=True)
class MSE(Loss):
    """L = 1/(nk) Σₙ Σⱼ dⱼ²,  d = p − onehot(y),  p = softmax(z).

    ∂d²/∂log p = 2 d p, and so ∂L/∂zⱼ = 2/(nk) pⱼ (dⱼ − Σᵢ dᵢ pᵢ).
    """

    rule: ClassVar[Rule] = staticmethod(mse)
