"""The dense (fully connected) layer."""

import numpy as np

from fmnist.interfaces import Array
from fmnist.layer.buffer import Buffer


class Dense:
    """z = x W.  Backward: ∂W = xᵀ ∂z,  ∂x = ∂z Wᵀ.

    W: (d_in, d_out). The bias is added where the sum is used anyway: in `Activate`, or as a norm's shift β.
    The first layer of a network leaves ∂x out (`first`): nobody wants the gradient of the data.
    """

    def __init__(self, W: Array, dW: Array, *, first: bool) -> None:
        self.W, self.dW, self.first = W, dW, first
        self.z = Buffer(W.shape[1], W.dtype.name)
        self.dx = Buffer(W.shape[0], W.dtype.name)
        self.Wt = W.T
        self.x: Array | None = None

    def forward(self, x: Array, train: bool) -> Array:
        if x is not self.x:
            self.x, self.xt = x, x.T
        return np.dot(x, self.W, self.z.rows(len(x)))

    def backward(self, dy: Array) -> Array:
        np.dot(self.xt, dy, self.dW)
        if self.first:
            return dy
        return np.dot(dy, self.Wt, self.dx.rows(len(dy)))
