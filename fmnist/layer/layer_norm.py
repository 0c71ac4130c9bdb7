"""Layer normalisation (Ba, Kiros & Hinton, 2016, https://arxiv.org/abs/1607.06450)."""

import numpy as np

from fmnist.interfaces import Array, State
from fmnist.layer.buffer import Buffer


class LayerNorm:
    """y = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε), with each example's mean μ and variance σ² over its units.

    The same in training and evaluation.
    Backward, with h = γ ∂y:  ∂x = (h − mean(h) − x̂ mean(h x̂)) / √(σ² + ε),  ∂γ = Σₙ ∂y x̂,  ∂β = Σₙ ∂y.
    """

    eps = 1e-5

    def __init__(self, gamma: Array, dgamma: Array, beta: Array, dbeta: Array) -> None:
        self.gamma, self.dgamma, self.beta, self.dbeta = gamma, dgamma, beta, dbeta
        self.xhat = Buffer(gamma.size, gamma.dtype.name)
        self.y = Buffer(gamma.size, gamma.dtype.name)

    def forward(self, x: Array, train: bool) -> Array:
        n = len(x)
        xhat = np.subtract(x, x.mean(axis=1, keepdims=True), out=self.xhat.rows(n))
        y = np.multiply(xhat, xhat, out=self.y.rows(n))
        self.scale = 1 / np.sqrt(y.mean(axis=1, keepdims=True) + self.eps)
        xhat *= self.scale
        np.multiply(xhat, self.gamma, out=y)
        y += self.beta
        return y

    def backward(self, dy: Array) -> Array:
        xhat = self.xhat.view
        product = np.multiply(dy, xhat, out=self.y.view)  # y has been read by now
        np.add.reduce(product, axis=0, out=self.dgamma)
        np.add.reduce(dy, axis=0, out=self.dbeta)
        dy *= self.gamma
        np.multiply(dy, xhat, out=product)
        overlap = product.mean(axis=1, keepdims=True)
        dy -= dy.mean(axis=1, keepdims=True)
        dy -= np.multiply(xhat, overlap, out=product)
        dy *= self.scale
        return dy

    def state(self) -> State:
        """Nothing: every example brings its own statistics."""
        return {}
