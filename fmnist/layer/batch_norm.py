"""Batch normalisation (Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167)."""

import numpy as np

from fmnist.interfaces import Array, State
from fmnist.layer.buffer import Buffer


class BatchNorm:
    """y = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε), with each unit's mean μ and variance σ² over the batch.

    Evaluation uses running estimates instead: r ← (1−α) r + α s with α = 0.1 (`momentum`), s = μ for the mean and
    the unbiased n/(n−1) σ² for the variance, as PyTorch does.
    Backward, with h = γ ∂y:  ∂x = (h − mean(h) − x̂ mean(h x̂)) / √(σ² + ε),  ∂γ = Σₙ ∂y x̂,  ∂β = Σₙ ∂y.
    """

    momentum = 0.1
    eps = 1e-5

    def __init__(self, gamma: Array, dgamma: Array, beta: Array, dbeta: Array) -> None:
        self.gamma, self.dgamma, self.beta, self.dbeta = gamma, dgamma, beta, dbeta
        self.mean = np.zeros_like(gamma)
        self.var = np.ones_like(gamma)
        self.xhat = Buffer(gamma.size, gamma.dtype.name)
        self.y = Buffer(gamma.size, gamma.dtype.name)

    def forward(self, x: Array, train: bool) -> Array:
        n = len(x)
        mean, var = self.mean, self.var
        if train:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.mean += self.momentum * (mean - self.mean)
            self.var += self.momentum * (var * (n / max(n - 1, 1)) - self.var)
        self.scale = 1 / np.sqrt(var + self.eps)
        xhat = np.subtract(x, mean, out=self.xhat.rows(n))
        xhat *= self.scale
        y = np.multiply(xhat, self.gamma, out=self.y.rows(n))
        y += self.beta
        return y

    def backward(self, dy: Array) -> Array:
        n, xhat = len(dy), self.xhat.view
        product = np.multiply(dy, xhat, out=self.y.view)  # y has been read by now
        np.add.reduce(product, axis=0, out=self.dgamma)
        np.add.reduce(dy, axis=0, out=self.dbeta)
        # mean(h) = γ ∂β / n and mean(h x̂) = γ ∂γ / n
        dy -= self.dbeta / n
        dy -= np.multiply(xhat, self.dgamma / n, out=product)
        dy *= self.gamma * self.scale
        return dy

    def state(self) -> State:
        """The running estimates: not trained, but part of the network."""
        return {"mean": self.mean, "var": self.var}
