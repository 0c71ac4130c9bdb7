"""The dense (fully connected) layer."""

import numpy as np

from fmnist.engine import product
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Engine
from fmnist.network.buffer import Buffer


class Dense:
    """z = x W.  Backward: ∂W = xᵀ ∂z,  ∂x = ∂z Wᵀ.

    W: (d_in, d_out). The bias is added where the sum is used anyway: in `Activate`, or as a norm's shift β.
    The first layer of a network leaves ∂x out (`first`): nobody wants the gradient of the data.
    """

    def __init__(self, W: Array, dW: Array, engine: Engine, *, first: bool) -> None:
        self.W, self.dW, self.engine, self.first = W, dW, engine, first
        self.z = Buffer(W.shape[1], W.dtype.name)
        self.dx = Buffer(W.shape[0], W.dtype.name)
        self.x: Array | None = None
        self.dy: Array | None = None

    def forward(self, x: Array, train: bool) -> Array:
        if x is not self.x:
            self.x, self.dy = x, None
            self.run = self.engine.bind(forward_product, x, self.W, self.z.rows(len(x)))
        self.run()
        return self.z.view

    def backward(self, dy: Array) -> Array:
        if dy is not self.dy:
            self.dy = dy
            self.back = self.engine.bind(weight_gradient, self.x, dy, self.dW)
            if not self.first:
                self.back_to_x = self.engine.bind(input_gradient, dy, self.W, self.dx.rows(len(dy)))
        self.back()
        if self.first:
            return dy
        self.back_to_x()
        return self.dx.view


@operation(product.forward_product, product=True)
def forward_product(x: Array, W: Array, z: Array) -> None:
    """z ← x W."""
    np.dot(x, W, z)


@operation(product.weight_gradient, product=True)
def weight_gradient(x: Array, dz: Array, dW: Array) -> None:
    """∂W ← xᵀ ∂z."""
    np.dot(x.T, dz, dW)


@operation(product.input_gradient, product=True)
def input_gradient(dz: Array, W: Array, dx: Array) -> None:
    """∂x ← ∂z Wᵀ."""
    np.dot(dz, W.T, dx)
