"""An activation function as a layer, with the bias of the dense layer before it."""

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array
from fmnist.network.buffer import Buffer
from fmnist.network.layer import Layer, Parameter, Pass

CHUNK = 8192  # elements at a time, so that what a rule computes on its way stays in the processor's cache


class Activate(Layer):
    """a = σ(z), z = x + b.  Backward: ∂z = ∂a ⊙ σ′(z),  ∂b = Σₙ ∂z,  ∂x = ∂z.

    b: (`bias`,), added to x in place; bias=0 leaves it out, where a norm's shift β has done its work.
    """

    def __init__(self, sigma: Activation, bias: int = 0) -> None:
        self.sigma = sigma
        self.b = Parameter(bias, start=0.0) if bias else None
        self.a_buffer = Buffer()

    def parameters(self) -> dict[str, Parameter]:
        return {"b": self.b} if self.b else {}

    def bind_forward(self, x: Array, train: bool) -> Pass:
        self.z, self.a, self.h = x, self.a_buffer.like(x), self.sigma.constants(x.dtype.name)
        b = self.b.value if self.b else None
        return [self.engine.bind(activate, self.sigma.rule, self.h, x, b, self.a)], self.a

    def bind_backward(self, dy: Array) -> Pass:
        db = self.b.grad if self.b else None
        return [self.engine.bind(activate_backward, self.sigma.derivative, self.h, self.z, self.a, dy, db)], dy


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
