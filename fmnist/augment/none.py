"""No augmentation: the null object."""

from dataclasses import dataclass

from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class NoAugment:
    """x ← x. Takes nothing from the generator."""

    def __call__(self, images: Array, rng: Rng) -> None:
        pass


NO_AUGMENT = NoAugment()
