"""From rows of a data set to what the network sees: gather, augment, scale; nothing is allocated in a step."""

from collections.abc import Callable
from functools import partial

import numpy as np

from fmnist.augment.none import NO_AUGMENT
from fmnist.engine import loops
from fmnist.engine.numpy import NumPy
from fmnist.engine.operation import operation
from fmnist.interfaces import Array, Augment, Engine, Rng, Split, Splits
from fmnist.network.buffer import Buffer


class Batches:
    """`batches(rows)` is the batch (x, y): x = scale · images + shift as (n, d) floats, y the labels.

    Both live until the next call.
    """

    def __init__(
        self,
        splits: Splits,
        part: Split,
        dtype: str,
        augment: Augment = NO_AUGMENT,
        rng: Rng | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.part, self.shape, self.engine = part, splits.shape, engine or NumPy()
        self.to_float = float(splits.scale), float(splits.shift)
        self.augment, self.rng = augment, rng
        self.dtype, self.raw, self.x = dtype, Buffer(), Buffer()
        self.bind(0)

    def bind(self, n: int) -> None:
        """Lay out a batch of n."""
        self.rows, self.y = np.empty(n, np.intp), np.empty(n, np.intp)
        pixels = self.part.x.shape[1]
        raw, x = self.raw.rows(n, pixels, "uint8"), self.x.rows(n, pixels, self.dtype)
        if self.rng is None or self.augment == NO_AUGMENT:
            self.load = self.engine.bind(gather, self.part.x, self.part.y, self.rows, *self.to_float, raw, x, self.y)
        else:
            to_float = self.engine.bind(rescale, raw, *self.to_float, x)
            self.load = partial(self.load_augmented, self.augment, self.rng, to_float)

    def __call__(self, rows: Array) -> tuple[Array, Array]:
        if len(rows) != len(self.rows):
            self.bind(len(rows))
        self.rows[...] = rows
        self.load()
        return self.x.view, self.y

    def load_augmented(self, augment: Augment, rng: Rng, to_float: Callable[[], None]) -> None:
        raw = self.raw.view
        np.take(self.part.x, self.rows, axis=0, out=raw, mode="clip")
        np.take(self.part.y, self.rows, out=self.y, mode="clip")
        augment(raw.reshape(-1, *self.shape), rng)
        to_float()


@operation(loops.gather)
def gather(
    images: Array, labels: Array, rows: Array, scale: float, shift: float, raw: Array, x: Array, y: Array
) -> None:
    """x, y ← the rows of images and labels; `raw` holds the images' bytes."""
    np.take(images, rows, axis=0, out=raw, mode="clip")  # "clip" lets NumPy write straight into `out`
    np.take(labels, rows, out=y, mode="clip")
    rescale(raw, scale, shift, x)


@operation(loops.rescale)
def rescale(raw: Array, scale: float, shift: float, x: Array) -> None:
    """x ← scale · raw + shift."""
    np.multiply(raw, x.dtype.type(scale), out=x)
    if shift:
        x += shift
