"""Dropout (Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html), inverted."""

from functools import partial

import numpy as np

from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Rng
from fmnist.network.buffer import Buffer
from fmnist.network.layer import Layer, Pass


class Dropout(Layer):
    """y = x ⊙ m / (1−p) with mᵢ ~ Bernoulli(1−p) in training, y = x in evaluation.  Backward: ∂x = ∂y ⊙ m / (1−p).

    p: the probability that a unit is dropped. The division keeps E[y] = x, so evaluation needs no correction.
    """

    def __init__(self, p: float, rng: Rng) -> None:
        self.p, self.rng = p, rng
        self.draws, self.mask_buffer, self.y_buffer = Buffer(), Buffer(), Buffer()

    def bind_forward(self, x: Array, train: bool) -> Pass:
        if not train:
            return [], x
        u = self.draws.rows(len(x), x.shape[1], np.float32)  # in a float64 run too: the same masks at either precision
        self.mask, y = self.mask_buffer.like(x), self.y_buffer.like(x)  # m / (1−p)
        draw = partial(self.rng.random, out=u, dtype=np.float32)
        return [draw, self.engine.bind(drop, u, self.p, 1 / (1 - self.p), x, self.mask, y)], y

    def bind_backward(self, dy: Array) -> Pass:
        return [self.engine.bind(drop_backward, self.mask, dy)], dy


@operation(loops.drop)
def drop(u: Array, p: float, scale: float, x: Array, mask: Array, y: Array) -> None:
    """m/(1−p) ← scale where u ≥ p, else 0;  y ← x ⊙ m/(1−p)."""
    np.multiply(u >= p, scale, out=mask)
    np.multiply(x, mask, out=y)


@operation(loops.drop_backward)
def drop_backward(mask: Array, d: Array) -> None:
    """∂x ← ∂y ⊙ m/(1−p), in place of ∂y."""
    d *= mask
