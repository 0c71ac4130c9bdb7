"""Batch normalisation (Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167)."""

import numpy as np

from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Engine, State
from fmnist.network.buffer import Buffer


class BatchNorm:
    """y = γ x̂ + β,  x̂ = (x − μ) / √(σ² + ε), with each unit's mean μ and variance σ² over the batch.

    Evaluation uses running estimates instead: r ← (1−α) r + α s with α = 0.1 (`momentum`), s = μ for the mean and
    the unbiased n/(n−1) σ² for the variance, as PyTorch does.
    Backward, with h = γ ∂y:  ∂x = (h − mean(h) − x̂ mean(h x̂)) / √(σ² + ε),  ∂γ = Σₙ ∂y x̂,  ∂β = Σₙ ∂y.
    """

    momentum = 0.1
    eps = 1e-5

    def __init__(self, gamma: Array, dgamma: Array, beta: Array, dbeta: Array, engine: Engine) -> None:
        self.gamma, self.dgamma, self.beta, self.dbeta, self.engine = gamma, dgamma, beta, dbeta, engine
        self.mean = np.zeros_like(gamma)
        self.var = np.ones_like(gamma)
        self.centre = np.empty_like(gamma)  # μ
        self.scale = np.empty_like(gamma)  # 1 / √(σ² + ε)
        self.xhat = Buffer(gamma.size, gamma.dtype.name)
        self.y = Buffer(gamma.size, gamma.dtype.name)
        self.x: Array | None = None
        self.d: Array | None = None

    def forward(self, x: Array, train: bool) -> Array:
        if x is not self.x:
            n, self.x, self.d = len(x), x, None
            affine, running = (self.gamma, self.beta), (self.mean, self.var)
            xhat, y, rates = self.xhat.rows(n), self.y.rows(n), (self.momentum, self.eps)
            self.run = self.engine.bind(batch_norm, x, *rates, *affine, *running, self.centre, self.scale, xhat, y)
        if train:
            self.run()
            return self.y.view
        y = np.multiply(x, self.gamma / np.sqrt(self.var + self.eps), out=self.y.view)
        y += self.beta - self.mean * (self.gamma / np.sqrt(self.var + self.eps))
        return y

    def backward(self, dy: Array) -> Array:
        if dy is not self.d:
            self.d = dy
            forth = self.gamma, self.scale, self.xhat.view
            back = self.dgamma, self.dbeta, dy, self.y.view  # y has been read by now
            self.back = self.engine.bind(batch_norm_backward, *forth, *back)
        self.back()
        return dy

    def state(self) -> State:
        """The running estimates: not trained, but part of the network."""
        return {"mean": self.mean, "var": self.var}


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
