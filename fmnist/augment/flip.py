"""Mirror images: a shoe that points left is as good a shoe."""

from dataclasses import dataclass

from fmnist.config import check
from fmnist.errors import ConfigError
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Flip:
    """x[i, j] ← x[i, w−1−j] with the given probability, each image on its own.

    Not for digits: a mirrored 2 is no 2.
    """

    probability: float = 0.5

    def __post_init__(self) -> None:
        if not (check.is_number(self.probability) and 0 <= self.probability <= 1):
            raise ConfigError("probability", self.probability, "a number from 0 to 1")

    def __call__(self, images: Array, rng: Rng) -> None:
        chosen = rng.random(len(images)) < self.probability
        images[chosen] = images[chosen, :, ::-1]
