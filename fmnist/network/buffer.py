"""A matrix that is allocated once and lends its first n rows, so that no training step allocates."""

from fmnist.engine.memory import zeros
from fmnist.interfaces import Array


class Buffer:
    """`buffer.rows(n)` is an (n, width) view; memory grows when more rows are asked for than ever before."""

    def __init__(self, width: int, dtype: str) -> None:
        self.full = zeros((0, width), dtype)
        self.view = self.full

    def rows(self, n: int) -> Array:
        if n != len(self.view):
            if n > len(self.full):
                self.full = zeros((n, self.full.shape[1]), self.full.dtype.name)
            self.view = self.full[:n]
        return self.view
