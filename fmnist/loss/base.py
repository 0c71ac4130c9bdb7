"""The base class of all losses: the softmax, its Jacobian and the mean over the batch.

A subclass writes its rule once for both engines, as a pure function of one class of one example (or arrays of them):

    rule(log p, p, hit, k, *constants) → (ℓ, ∂ℓ/∂log p)

with p the softmax's probability of the class, hit = 1 where it is the label and 0 elsewhere, and k the number of
classes. The constants are the fields of the subclass, in order. For logits z (n, k) and labels y then

    L = 1/n Σₙ Σⱼ ℓₙⱼ,  ∂L/∂zⱼ = 1/n (wⱼ − pⱼ Σᵢ wᵢ),  w = ∂ℓ/∂log p,   since ∂log pᵢ/∂zⱼ = δᵢⱼ − pⱼ.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from fmnist.engine import loops
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Engine
from fmnist.loss.softmax import log_softmax

Rule = Callable[..., tuple[Array, Array]]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """The mean loss of a batch of logits; the softmax is part of the loss."""

    rule: ClassVar[Rule]

    def constants(self, dtype: str) -> tuple[float, ...]:
        """The fields as scalars of `dtype`, so that the arithmetic keeps the precision of the arrays."""
        return tuple(np.dtype(dtype).type(getattr(self, f.name)) for f in fields(self))

    def __call__(self, z: Array, y: Array, grad: Array | None = None) -> float:
        """L(z, y) for logits z (n, k) and labels y (n,); writes ∂L/∂z, (n, k), into `grad` if given."""
        sums, grad = np.empty(2), np.empty_like(z) if grad is None else grad
        loss(self.rule, self.constants(z.dtype.name), z, y, np.empty(z.size, z.dtype), grad, sums)
        return float(sums[0]) / len(z)


class BoundLoss:
    """A loss bound to an engine and to buffers. A call returns (Σₙ ℓₙ, correct predictions); `grad` is ∂L/∂z then.

    It is bound anew when z or y is another array than in the last call, see `Engine`.
    """

    def __init__(self, loss: Loss, engine: Engine) -> None:
        self.loss, self.engine = loss, engine
        self.sums = np.empty(2)
        self.z: Array | None = None
        self.y: Array | None = None

    def __call__(self, z: Array, y: Array) -> tuple[float, int]:
        if z is not self.z or y is not self.y:
            self.z, self.y, self.grad = z, y, np.empty_like(z)
            rule, h = self.loss.rule, self.loss.constants(z.dtype.name)
            self.run = self.engine.bind(loss, rule, h, z, y, np.empty(z.size, z.dtype), self.grad, self.sums)
        self.run()
        value, correct = self.sums.tolist()
        return value, int(correct)


@operation(loops.loss)
def loss(rule: Rule, h: tuple[float, ...], z: Array, y: Array, scratch: Array, grad: Array, sums: Array) -> None:
    """sums ← (Σₙ ℓₙ, correct predictions);  grad ← ∂L/∂z."""
    n, k = z.shape
    log_p = log_softmax(z)
    p = np.exp(log_p, out=scratch.reshape(n, k))
    hit = np.zeros_like(z)
    hit[np.arange(n), y] = 1
    values, w = rule(log_p, p, hit, z.dtype.type(k), *h)
    sums[0] = values.sum(dtype=np.float64)
    sums[1] = np.count_nonzero(z.argmax(axis=1) == y)
    p *= w.sum(axis=1, keepdims=True)
    np.subtract(w, p, out=grad)
    grad /= n
