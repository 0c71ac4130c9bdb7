"""An activation function as a layer, with the bias of the dense layer before it."""

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Engine
from fmnist.network.buffer import Buffer

CHUNK = 8192  # elements at a time, so that what a rule computes on its way stays in the processor's cache


class Activate:
    """a = σ(z), z = x + b.  Backward: ∂z = ∂a ⊙ σ′(z),  ∂b = Σₙ ∂z,  ∂x = ∂z.

    b: (d,), added to x in place; None where a norm's shift β has done its work.
    """

    def __init__(
        self, sigma: Activation, width: int, dtype: str, b: Array | None, db: Array | None, engine: Engine
    ) -> None:
        self.sigma, self.b, self.db, self.engine = sigma, b, db, engine
        self.h = sigma.constants(dtype)
        self.a = Buffer(width, dtype)
        self.z: Array | None = None
        self.d: Array | None = None

    def forward(self, x: Array, train: bool) -> Array:
        if x is not self.z:
            self.z, self.d, a = x, None, self.a.rows(len(x))
            self.run = self.engine.bind(activate, self.sigma.rule, self.h, x, self.b, a)
        self.run()
        return self.a.view

    def backward(self, dy: Array) -> Array:
        if dy is not self.d:
            self.d, derivative = dy, self.sigma.derivative
            self.back = self.engine.bind(activate_backward, derivative, self.h, self.z, self.a.view, dy, self.db)
        self.back()
        return dy


@operation(loops.activate)
def activate(rule: Rule, h: tuple[float, ...], z: Array, b: Array | None, a: Array) -> None:
    """z ← z + b,  a ← σ(z)."""
    if b is not None:
        z += b
    for rows in chunks(*z.shape):
        a[rows] = rule(z[rows], *h)


@operation(loops.activate_backward)
def activate_backward(derivative: Rule, h: tuple[float, ...], z: Array, a: Array, d: Array, db: Array | None) -> None:
    """∂z ← ∂a ⊙ σ′(z), in place of ∂a;  ∂b ← Σₙ ∂z."""
    for rows in chunks(*z.shape):
        d[rows] *= derivative(z[rows], a[rows], *h)
    if db is not None:
        np.add.reduce(d, axis=0, out=db)


def chunks(n: int, width: int) -> list[slice]:
    """The n rows in pieces of about CHUNK elements."""
    step = max(CHUNK // width, 1)
    return [slice(i, i + step) for i in range(0, n, step)]
