"""Random flips from left to right."""

from dataclasses import dataclass

from fmnist.config import check
from fmnist.errors import ConfigError
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Flip:
    """x[i, j] ← x[i, w−1−j] with the given probability, independently for each image.

    Not for digits: a 2 flipped left to right is not a 2.
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not (check.is_number(self.probability) and 0 <= self.probability <= 1):
            raise ConfigError("probability", self.probability, "a number from 0 to 1")

    def __call__(self, images: Array, rng: Rng) -> None:
        chosen = rng.random(len(images)) < self.probability
        images[chosen] = images[chosen, :, ::-1]
