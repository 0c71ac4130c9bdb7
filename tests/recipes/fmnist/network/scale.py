"""A factor for each unit."""

from typing import Any

from fmnist.engine.operation import operation
from fmnist.interfaces import Array
from fmnist.network.layer import Layer, Parameter, Pass


class Scale(Layer):
    """y = s ⊙ x.  Backward: ∂s = Σₙ ∂y ⊙ x,  ∂x = s ⊙ ∂y."""

    def __init__(self, width: int) -> None:
        self.s = Parameter(width, start=1.0)

    def parameters(self) -> dict[str, Parameter]:
        return {"s": self.s}

    def bind_forward(self, x: Array, train: bool) -> Pass:
        self.x, y = x, x.copy()
        return [self.engine.bind(scale, x, self.s.value, y)], y

    def bind_backward(self, dy: Array) -> Pass:
        return [self.engine.bind(scale_backward, self.x, self.s.value, dy, self.s.grad)], dy


def scale_loop(x: Any, s: Any, y: Any) -> None:
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = s[j] * x[i, j]


@operation(scale_loop)
def scale(x: Array, s: Array, y: Array) -> None:
    """y ← s ⊙ x."""
    y[...] = s * x


def scale_backward_loop(x: Any, s: Any, d: Any, ds: Any) -> None:
    ds[:] = 0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            ds[j] += d[i, j] * x[i, j]
            d[i, j] *= s[j]


@operation(scale_backward_loop)
def scale_backward(x: Array, s: Array, d: Array, ds: Array) -> None:
    """∂s ← Σₙ ∂y ⊙ x,  ∂x ← s ⊙ ∂y, in place of ∂y."""
    ds[...] = (d * x).sum(axis=0)
    d *= s
