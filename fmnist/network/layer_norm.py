"""Layer normalisation (Ba, Kiros & Hinton, 2016, https://arxiv.org/abs/1607.06450)."""

import numpy as np

from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Engine, State
from fmnist.network.buffer import Buffer


class LayerNorm:
    """y = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε), with each example's mean μ and variance σ² over its units.

    The same in training and evaluation.
    Backward, with h = γ ∂y:  ∂x = (h − mean(h) − x̂ mean(h x̂)) / √(σ² + ε),  ∂γ = Σₙ ∂y x̂,  ∂β = Σₙ ∂y.
    """

    eps = 1e-5

    def __init__(self, gamma: Array, dgamma: Array, beta: Array, dbeta: Array, engine: Engine) -> None:
        self.gamma, self.dgamma, self.beta, self.dbeta, self.engine = gamma, dgamma, beta, dbeta, engine
        self.scale = Buffer(1, gamma.dtype.name)  # 1 / √(σ² + ε)
        self.xhat = Buffer(gamma.size, gamma.dtype.name)
        self.y = Buffer(gamma.size, gamma.dtype.name)
        self.x: Array | None = None
        self.d: Array | None = None

    def forward(self, x: Array, train: bool) -> Array:
        if x is not self.x:
            n, self.x, self.d = len(x), x, None
            results = self.scale.rows(n), self.xhat.rows(n), self.y.rows(n)
            self.run = self.engine.bind(layer_norm, x, self.eps, self.gamma, self.beta, *results)
        self.run()
        return self.y.view

    def backward(self, dy: Array) -> Array:
        if dy is not self.d:
            self.d = dy
            forth = self.gamma, self.scale.view, self.xhat.view
            back = self.dgamma, self.dbeta, dy, self.y.view  # y has been read by now
            self.back = self.engine.bind(layer_norm_backward, *forth, *back)
        self.back()
        return dy

    def state(self) -> State:
        """Nothing: every example brings its own statistics."""
        return {}


@operation(loops.layer_norm)
def layer_norm(x: Array, eps: float, gamma: Array, beta: Array, scale: Array, xhat: Array, y: Array) -> None:
    """The forward pass."""
    np.subtract(x, x.mean(axis=1, keepdims=True), out=xhat)
    np.multiply(xhat, xhat, out=y)
    scale[...] = 1 / np.sqrt(y.mean(axis=1, keepdims=True) + eps)
    xhat *= scale
    np.multiply(xhat, gamma, out=y)
    y += beta


@operation(loops.layer_norm_backward)
def layer_norm_backward(
    gamma: Array, scale: Array, xhat: Array, dgamma: Array, dbeta: Array, d: Array, product: Array
) -> None:
    """∂x, in place of ∂y."""
    np.multiply(d, xhat, out=product)
    np.add.reduce(product, axis=0, out=dgamma)
    np.add.reduce(d, axis=0, out=dbeta)
    d *= gamma
    np.multiply(d, xhat, out=product)
    overlap = product.mean(axis=1, keepdims=True)
    d -= d.mean(axis=1, keepdims=True)
    d -= np.multiply(xhat, overlap, out=product)
    d *= scale
