"""Polynomial decay."""

from dataclasses import dataclass

from fmnist.config import check


@dataclass(frozen=True, kw_only=True)
class Polynomial:
    """f(p) = (1 − p)ᵏ;  k: `power`."""

    power: float = 2.0

    def __post_init__(self) -> None:
        check.positive(power=self.power)

    def __call__(self, progress: float) -> float:
        return float((1 - progress) ** self.power)
