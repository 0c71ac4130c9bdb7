"""What every activation function shares. A leaf writes σ and σ′ once, as pure functions of one number (or an array):

    rule(z, *constants) → σ(z)      derivative(z, a, *constants) → σ′(z), given a = σ(z) too

The constants are the leaf's own fields, in their order.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from fmnist.interfaces import Array

Rule = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Activation:
    """An elementwise function σ and its derivative."""

    rule: ClassVar[Rule]
    derivative: ClassVar[Rule]

    def constants(self, dtype: str) -> tuple[float, ...]:
        """The fields in the precision of the arrays: they must neither widen the arithmetic nor lose digits in it."""
        return tuple(np.dtype(dtype).type(getattr(self, f.name)) for f in fields(self))

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        """σ(z)."""
        return filled(out, z, self.rule(z, *self.constants(z.dtype.name)))

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        """σ′(z), given z and a = σ(z)."""
        return filled(out, z, self.derivative(z, a, *self.constants(z.dtype.name)))


def filled(out: Array | None, like: Array, values: Any) -> Array:
    out = np.empty_like(like) if out is None else out
    out[...] = values
    return out
