"""Dropout (Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html), inverted."""

import numpy as np

from fmnist.interfaces import Array, Rng
from fmnist.layer.buffer import Buffer


class Dropout:
    """y = x ⊙ m / (1−p) with mᵢ ~ Bernoulli(1−p) in training, y = x in evaluation.  Backward: ∂x = ∂y ⊙ m / (1−p).

    p: the probability that a unit is dropped. The division keeps E[y] = x, so evaluation needs no correction.
    """

    def __init__(self, p: float, width: int, dtype: str, rng: Rng) -> None:
        self.p, self.rng = p, rng
        self.y = Buffer(width, dtype)
        self.mask = Buffer(width, dtype)  # m / (1−p)
        self.draw = Buffer(width, "float32")  # float32 in a float64 run too: the same masks at either precision

    def forward(self, x: Array, train: bool) -> Array:
        if not train:
            return x
        n = len(x)
        u = self.rng.random(out=self.draw.rows(n), dtype=np.float32)
        mask = np.multiply(u >= self.p, 1 / (1 - self.p), out=self.mask.rows(n))
        return np.multiply(x, mask, out=self.y.rows(n))

    def backward(self, dy: Array) -> Array:
        dy *= self.mask.view
        return dy
