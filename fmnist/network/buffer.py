"""A matrix that is allocated once and lends its first n rows, so that no training step allocates."""

import numpy as np
from numpy.typing import DTypeLike

from fmnist.engine.memory import zeros
from fmnist.interfaces import Array


class Buffer:
    """`buffer.rows(n, width, dtype)` is an (n, width) view, the same object as long as n is the same.

    Memory grows when more rows are asked for than ever before.
    """

    def __init__(self) -> None:
        self.full = self.view = np.empty((0, 0))

    def rows(self, n: int, width: int, dtype: DTypeLike) -> Array:
        if n > len(self.full) or (width, dtype) != (self.full.shape[1], self.full.dtype):
            self.full = self.view = zeros((n, width), np.dtype(dtype).name)
        elif n != len(self.view):
            self.view = self.full[:n]
        return self.view

    def like(self, x: Array) -> Array:
        """Rows of x's shape and type."""
        n, width = x.shape
        return self.rows(n, width, x.dtype)
