"""The mean squared error between softmax probabilities and one-hot labels (the Brier score over k)."""

from dataclasses import dataclass

import numpy as np

from fmnist.interfaces import Array
from fmnist.loss.softmax import softmax


@dataclass(frozen=True, kw_only=True)
class MSE:
    """L = 1/(nk) Σₙ Σⱼ dⱼ²,  d = p − onehot(y),  p = softmax(z).

    Through the softmax's Jacobian ∂pᵢ/∂zⱼ = pᵢ (δᵢⱼ − pⱼ):  ∂L/∂zⱼ = 2/(nk) pⱼ (dⱼ − Σᵢ dᵢ pᵢ).
    """

    def __call__(self, z: Array, y: Array, grad: Array | None = None) -> float:
        n, k = z.shape
        p = softmax(z)
        d = p.copy()
        d[np.arange(n), y] -= 1
        value = np.mean(d * d, dtype=np.float64)
        if grad is not None:
            d -= (d * p).sum(axis=1, keepdims=True)
            p *= 2 / (n * k)
            np.multiply(p, d, out=grad)
        return float(value)
