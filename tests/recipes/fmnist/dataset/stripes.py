"""Stripes: two classes, horizontal and vertical ones."""

from dataclasses import dataclass

import numpy as np

from fmnist.config import check
from fmnist.dataset.images import Images, Published
from fmnist.interfaces import Rng, Split


@dataclass(frozen=True, kw_only=True)
class Stripes(Images):
    """`side` × `side` pixels, each row (or column) black or white at random."""

    examples: int = 400
    side: int = 6

    def __post_init__(self) -> None:
        super().__post_init__()
        check.integer(10, examples=self.examples)
        check.integer(2, side=self.side)

    def read(self) -> Published:
        for_train, for_test = np.random.default_rng(0).spawn(2)
        return Published(
            name="stripes",
            train=self.draw(self.examples, for_train),
            test=self.draw(self.examples, for_test),
            classes=("horizontal", "vertical"),
            shape=(self.side, self.side),
            high=255,
            source="a generator",
        )

    def draw(self, n: int, rng: Rng) -> Split:
        y = np.arange(n) % 2
        lines = rng.choice(np.array([0, 255], np.uint8), (n, self.side, 1))
        x = np.repeat(lines, self.side, axis=2)
        x[y == 1] = x[y == 1].transpose(0, 2, 1)
        return Split(x.reshape(n, -1), y, np.arange(n))
