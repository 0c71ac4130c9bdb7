"""Random flips from left to right, and random shifts."""

from dataclasses import dataclass

from fmnist.augment.flip import Flip
from fmnist.augment.shift import Shift
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class FlipShift:
    """First `Flip`, then `Shift`; the order does not matter to the distribution."""

    probability: float = 0.5
    pixels: int = 2

    def __post_init__(self) -> None:
        self.steps()

    def steps(self) -> tuple[Flip, Shift]:
        """Built for each batch: a frozen dataclass holds its keys and nothing else."""
        return Flip(probability=self.probability), Shift(pixels=self.pixels)

    def __call__(self, images: Array, rng: Rng) -> None:
        for step in self.steps():
            step(images, rng)
