"""Layer normalisation (Ba, Kiros & Hinton, 2016, https://arxiv.org/abs/1607.06450)."""

import numpy as np

from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array
from fmnist.network.buffer import Buffer
from fmnist.network.layer import Layer, Parameter, Pass


class LayerNorm(Layer):
    """y = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε), with each example's mean μ and variance σ² over its units.

    The same in training and evaluation.
    Backward, with h = γ ∂y:  ∂x = (h − mean(h) − x̂ mean(h x̂)) / √(σ² + ε),  ∂γ = Σₙ ∂y x̂,  ∂β = Σₙ ∂y.
    """

    eps = 1e-5

    def __init__(self, width: int) -> None:
        self.gamma, self.beta = Parameter(width, start=1.0), Parameter(width, start=0.0)
        self.scale_buffer, self.xhat_buffer, self.y_buffer = Buffer(), Buffer(), Buffer()

    def parameters(self) -> dict[str, Parameter]:
        return {"gamma": self.gamma, "beta": self.beta}

    def bind_forward(self, x: Array, train: bool) -> Pass:
        self.scale = self.scale_buffer.rows(len(x), 1, x.dtype)  # 1 / √(σ² + ε)
        self.xhat, self.y = self.xhat_buffer.like(x), self.y_buffer.like(x)
        affine, results = (self.gamma.value, self.beta.value), (self.scale, self.xhat, self.y)
        return [self.engine.bind(layer_norm, x, self.eps, *affine, *results)], self.y

    def bind_backward(self, dy: Array) -> Pass:
        kept = self.gamma.value, self.scale, self.xhat
        results = self.gamma.grad, self.beta.grad, dy, self.y  # y has been read by now
        return [self.engine.bind(layer_norm_backward, *kept, *results)], dy


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
