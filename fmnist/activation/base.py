"""The base class of all activation functions.

A subclass writes σ and σ′ once for both engines, as pure functions of one number (or an array):

    rule(z, *constants) → σ(z)      derivative(z, a, *constants) → σ′(z), where a = σ(z)

The constants are the fields of the subclass, in order.
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
        """The fields as scalars of `dtype`, so that the arithmetic keeps the precision of the arrays."""
        return tuple(np.dtype(dtype).type(getattr(self, f.name)) for f in fields(self))

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        """σ(z)."""
        return write(self.rule(z, *self.constants(z.dtype.name)), z, out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        """σ′(z), given z and a = σ(z)."""
        return write(self.derivative(z, a, *self.constants(z.dtype.name)), z, out)


def write(values: Any, like: Array, out: Array | None) -> Array:
    """Write the values into `out`, or into a new array like another one, and return it."""
    out = np.empty_like(like) if out is None else out
    out[...] = values
    return out
