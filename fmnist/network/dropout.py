"""Dropout (Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html), inverted."""

import numpy as np

from fmnist.engine import loops
from fmnist.engine.numpy import NumPy
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Engine, Rng
from fmnist.network.buffer import Buffer


class Dropout:
    """y = x ⊙ m / (1−p) with mᵢ ~ Bernoulli(1−p) in training, y = x in evaluation.  Backward: ∂x = ∂y ⊙ m / (1−p).

    p: the probability that a unit is dropped. The division keeps E[y] = x, so evaluation needs no correction.
    """

    def __init__(self, p: float, width: int, dtype: str, rng: Rng, engine: Engine | None = None) -> None:
        self.p, self.rng, self.engine = p, rng, engine or NumPy()
        self.y = Buffer(width, dtype)
        self.mask = Buffer(width, dtype)  # m / (1−p)
        self.draw = Buffer(width, "float32")  # float32 in a float64 run too: the same masks at either precision
        self.x: Array | None = None
        self.d: Array | None = None

    def forward(self, x: Array, train: bool) -> Array:
        if not train:
            return x
        if x is not self.x:
            n, self.x, self.d = len(x), x, None
            u, mask, y = self.draw.rows(n), self.mask.rows(n), self.y.rows(n)
            self.run = self.engine.bind(drop, u, self.p, 1 / (1 - self.p), x, mask, y)
        self.rng.random(out=self.draw.view, dtype=np.float32)
        self.run()
        return self.y.view

    def backward(self, dy: Array) -> Array:
        if dy is not self.d:
            self.d = dy
            self.back = self.engine.bind(drop_backward, self.mask.view, dy)
        self.back()
        return dy


@operation(loops.drop)
def drop(u: Array, p: float, scale: float, x: Array, mask: Array, y: Array) -> None:
    """m/(1−p) ← scale where u ≥ p, else 0;  y ← x ⊙ m/(1−p)."""
    np.multiply(u >= p, scale, out=mask)
    np.multiply(x, mask, out=y)


@operation(loops.drop_backward)
def drop_backward(mask: Array, d: Array) -> None:
    """∂x ← ∂y ⊙ m/(1−p), in place of ∂y."""
    d *= mask
