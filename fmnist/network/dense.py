"""The dense (fully connected) layer."""

import numpy as np

from fmnist.engine import product
from fmnist.engine.operation import operation
from fmnist.interfaces import Array
from fmnist.network.buffer import Buffer
from fmnist.network.layer import Layer, Parameter, Pass


class Dense(Layer):
    """z = x W.  Backward: ∂W = xᵀ ∂z,  ∂x = ∂z Wᵀ.

    W: (fan_in, fan_out). The bias is added where the sum is used anyway: in `Activate`, or as a norm's shift β.
    """

    def __init__(self, fan_in: int, fan_out: int) -> None:
        self.fan_in, self.fan_out = fan_in, fan_out
        self.W = Parameter(fan_in, fan_out)
        self.z_buffer, self.dx_buffer = Buffer(), Buffer()

    def parameters(self) -> dict[str, Parameter]:
        return {"W": self.W}

    def bind_forward(self, x: Array, train: bool) -> Pass:
        self.x, z = x, self.z_buffer.rows(len(x), self.fan_out, x.dtype)
        return [self.engine.bind(forward_product, x, self.W.value, z)], z

    def bind_backward(self, dy: Array) -> Pass:
        weights = self.engine.bind(weight_gradient, self.x, dy, self.W.grad)
        if not self.needs_input_grad:
            return [weights], dy
        dx = self.dx_buffer.rows(len(dy), self.fan_in, dy.dtype)
        return [weights, self.engine.bind(input_gradient, dy, self.W.value, dx)], dx


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
