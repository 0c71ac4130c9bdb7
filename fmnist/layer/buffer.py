"""A matrix that is allocated once and lends its first n rows, so that no training step allocates."""

import numpy as np

from fmnist.interfaces import Array


class Buffer:
    """`buffer.rows(n)` is an (n, width) view; memory grows when more rows are asked for than ever before."""

    def __init__(self, width: int, dtype: str) -> None:
        self.full = np.empty((0, width), dtype)
        self.view = self.full

    def rows(self, n: int) -> Array:
        if n != len(self.view):
            if n > len(self.full):
                self.full = np.empty((n, self.full.shape[1]), self.full.dtype)
            self.view = self.full[:n]
        return self.view
