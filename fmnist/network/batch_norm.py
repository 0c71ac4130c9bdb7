"""Batch normalisation (Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167)."""

from functools import partial

import numpy as np

from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array
from fmnist.network.buffer import Buffer
from fmnist.network.layer import Layer, Parameter, Pass


class BatchNorm(Layer):
    """y = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε), with each unit's mean μ and variance σ² over the batch.

    Evaluation uses running estimates instead: r ← (1−α) r + α s with α = 0.1 (`momentum`), s = μ for the mean and
    the unbiased n/(n−1) σ² for the variance, as PyTorch does.
    Backward, with h = γ ∂y:  ∂x = (h − mean(h) − x̂ mean(h x̂)) / √(σ² + ε),  ∂γ = Σₙ ∂y x̂,  ∂β = Σₙ ∂y.
    """

    momentum = 0.1
    eps = 1e-5

    def __init__(self, width: int) -> None:
        self.gamma, self.beta = Parameter(width, start=1.0), Parameter(width, start=0.0)
        self.mean = Parameter(width, start=0.0, trained=False)
        self.var = Parameter(width, start=1.0, trained=False)
        self.xhat_buffer, self.y_buffer = Buffer(), Buffer()

    def parameters(self) -> dict[str, Parameter]:
        return {"gamma": self.gamma, "beta": self.beta, "mean": self.mean, "var": self.var}

    def bind_forward(self, x: Array, train: bool) -> Pass:
        tensors = self.gamma.value, self.beta.value, self.mean.value, self.var.value
        self.y = self.y_buffer.like(x)
        if not train:
            return [partial(apply_estimates, x, self.eps, *tensors, self.y)], self.y
        centre, self.scale = (np.empty_like(self.gamma.value) for _ in range(2))  # μ and 1 / √(σ² + ε)
        self.xhat = self.xhat_buffer.like(x)
        rates, results = (self.momentum, self.eps), (centre, self.scale, self.xhat, self.y)
        return [self.engine.bind(batch_norm, x, *rates, *tensors, *results)], self.y

    def bind_backward(self, dy: Array) -> Pass:
        kept = self.gamma.value, self.scale, self.xhat
        results = self.gamma.grad, self.beta.grad, dy, self.y  # y has been read by now
        return [self.engine.bind(batch_norm_backward, *kept, *results)], dy


@operation(loops.batch_norm)
def batch_norm(
    x: Array,
    momentum: float,
    eps: float,
    gamma: Array,
    beta: Array,
    mean: Array,
    var: Array,
    centre: Array,
    scale: Array,
    xhat: Array,
    y: Array,
) -> None:
    """The forward pass of a training step; the running `mean` and `var` take part of the batch's."""
    n = len(x)
    np.mean(x, axis=0, out=centre)
    spread = x.var(axis=0)
    mean += momentum * (centre - mean)
    var += momentum * (spread * (n / max(n - 1, 1)) - var)
    scale[...] = 1 / np.sqrt(spread + eps)
    np.subtract(x, centre, out=xhat)
    xhat *= scale
    np.multiply(xhat, gamma, out=y)
    y += beta


@operation(loops.batch_norm_backward)
def batch_norm_backward(
    gamma: Array, scale: Array, xhat: Array, dgamma: Array, dbeta: Array, d: Array, product: Array
) -> None:
    """∂x, in place of ∂y."""
    n = len(d)
    np.multiply(d, xhat, out=product)
    np.add.reduce(product, axis=0, out=dgamma)
    np.add.reduce(d, axis=0, out=dbeta)
    # mean(h) = γ ∂β / n and mean(h x̂) = γ ∂γ / n
    d -= dbeta / n
    d -= np.multiply(xhat, dgamma / n, out=product)
    d *= gamma * scale


def apply_estimates(x: Array, eps: float, gamma: Array, beta: Array, mean: Array, var: Array, y: Array) -> None:
    """The forward pass of an evaluation."""
    scale = gamma / np.sqrt(var + eps)
    np.multiply(x, scale, out=y)
    y += beta - mean * scale
