"""From rows of a data set to what the network sees: gather, augment, scale; nothing is allocated in a step."""

import numpy as np

from fmnist.interfaces import Array, Augment, Rng, Split, Splits
from fmnist.layer.buffer import Buffer


class Batches:
    """`batches(rows)` is the batch (x, y): x = scale · images + shift as (n, d) floats, y the labels.

    Both live until the next call.
    """

    def __init__(self, splits: Splits, part: Split, dtype: str, augment: Augment | None = None, rng: Rng | None = None):
        self.part, self.shape = part, splits.shape
        self.scale, self.shift = np.dtype(dtype).type(splits.scale), np.dtype(dtype).type(splits.shift)
        self.augment, self.rng = augment, rng
        pixels = part.x.shape[1]
        self.raw = Buffer(pixels, "uint8")
        self.x = Buffer(pixels, dtype)

    def __call__(self, rows: Array) -> tuple[Array, Array]:
        n = len(rows)
        raw = self.raw.rows(n)
        np.take(self.part.x, rows, axis=0, out=raw, mode="clip")  # "clip" lets NumPy write straight into `out`
        if self.augment is not None and self.rng is not None:
            self.augment(raw.reshape(n, *self.shape), self.rng)
        x = np.multiply(raw, self.scale, out=self.x.rows(n))
        if self.shift:
            x += self.shift
        return x, self.part.y[rows]
