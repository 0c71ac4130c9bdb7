"""The dense (fully connected, affine) layer."""

import numpy as np

from fmnist.interfaces import Array
from fmnist.layer.buffer import Buffer


class Dense:
    """z = x W + b.  Backward: ∂W = xᵀ ∂z,  ∂b = Σₙ ∂z,  ∂x = ∂z Wᵀ.

    W: (d_in, d_out); b: (d_out,) or None where a norm's shift β follows and does its work.
    The first layer of a network leaves ∂x out (`first`): nobody wants the gradient of the data.
    """

    def __init__(self, W: Array, dW: Array, b: Array | None, db: Array | None, *, first: bool) -> None:
        self.W, self.dW, self.b, self.db, self.first = W, dW, b, db, first
        self.z = Buffer(W.shape[1], W.dtype.name)
        self.dx = Buffer(W.shape[0], W.dtype.name)
        self.Wt = W.T

    def forward(self, x: Array, train: bool) -> Array:
        if train:
            self.x = x
        z = np.matmul(x, self.W, out=self.z.rows(len(x)))
        if self.b is not None:
            z += self.b
        return z

    def backward(self, dy: Array) -> Array:
        np.matmul(self.x.T, dy, out=self.dW)
        if self.db is not None:
            np.add.reduce(dy, axis=0, out=self.db)
        if self.first:
            return dy
        return np.matmul(dy, self.Wt, out=self.dx.rows(len(dy)))
