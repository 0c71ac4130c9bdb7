"""An activation function as a layer."""

from fmnist.interfaces import Activation, Array
from fmnist.layer.buffer import Buffer


class Activate:
    """a = σ(z).  Backward: ∂z = ∂a ⊙ σ′(z)."""

    def __init__(self, sigma: Activation, width: int, dtype: str) -> None:
        self.sigma = sigma
        self.a = Buffer(width, dtype)
        self.slope = Buffer(width, dtype)

    def forward(self, x: Array, train: bool) -> Array:
        a = self.sigma(x, self.a.rows(len(x)))
        if train:
            self.tape = x, a
        return a

    def backward(self, dy: Array) -> Array:
        dy *= self.sigma.grad(*self.tape, self.slope.rows(len(dy)))
        return dy
