"""Blobs: a synthetic data set that is easy to learn, for tests and debugging."""

from dataclasses import dataclass

import numpy as np

from fmnist.config import check
from fmnist.dataset.images import Images, Published
from fmnist.engine.machine import memory_size
from fmnist.errors import ConfigError
from fmnist.interfaces import Array, Rng, Split


@dataclass(frozen=True, kw_only=True)
class Blobs(Images):
    """x = p_y + noise · ε, rounded and clipped to 0 … 255;  p_c ~ N(128, 64²) per pixel, ε ~ N(0, 1).

    Each class c is a cloud around its prototype image p_c, with equally many examples per class (±1). If `noise` is
    small compared with the prototypes' 64, the classes hardly overlap and any network that learns classifies them.
    """

    examples: int = 1000
    test_examples: int = 200
    classes: int = 10
    height: int = 8
    width: int = 8
    noise: float = 32.0
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check.integer(2, classes=self.classes)
        for key, n in {"examples": self.examples, "test_examples": self.test_examples}.items():
            if not (check.is_integer(n) and n >= self.classes):
                raise ConfigError(key, n, f"a whole number from {self.classes} up, one for each of the classes")
        check.integer(1, height=self.height, width=self.width)
        check.non_negative(noise=self.noise)
        check.integer(0, seed=self.seed)
        numbers = (self.examples + self.test_examples + self.classes) * self.height * self.width
        if 2 * 8 * numbers > memory_size():  # float64 images, and their noise
            key = max(("examples", "test_examples", "classes", "height", "width"), key=lambda key: getattr(self, key))
            allowed = f"images that fit into memory; these need {16 * numbers / 2**30:,.1f} GiB"
            raise ConfigError(key, getattr(self, key), allowed)

    def read(self) -> Published:
        for_prototypes, for_train, for_test = np.random.default_rng(self.seed).spawn(3)
        prototypes = for_prototypes.normal(128, 64, (self.classes, self.height * self.width))
        return Published(
            name="blobs",
            train=self.cloud(prototypes, self.examples, for_train),
            test=self.cloud(prototypes, self.test_examples, for_test),
            classes=tuple(f"blob {c}" for c in range(self.classes)),
            shape=(self.height, self.width),
            high=255,
            source=f"seed {self.seed}",
        )

    def cloud(self, prototypes: Array, n: int, rng: Rng) -> Split:
        """n examples around the prototypes."""
        y = rng.permutation(np.arange(n) % self.classes)
        x = prototypes[y] + self.noise * rng.standard_normal((n, prototypes.shape[1]))
        return Split(x.round().clip(0, 255).astype(np.uint8), y, np.arange(n))
