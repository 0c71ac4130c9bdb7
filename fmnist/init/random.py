"""A normal distribution with the same standard deviation for every layer."""

from dataclasses import dataclass

from fmnist.config import check
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Random:
    """W ~ N(0, std²)."""

    std: float = 0.01

    def __post_init__(self) -> None:
        check.positive(std=self.std)

    def __call__(self, shape: tuple[int, int], rng: Rng) -> Array:
        return rng.normal(0, self.std, shape)
