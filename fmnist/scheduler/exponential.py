"""Exponential decay."""

from dataclasses import dataclass

from fmnist.config import check


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """f(p) = eᵖ, with e the factor at the end (`final`)."""

    final: float = 0.01

    def __post_init__(self) -> None:
        check.positive(final=self.final)

    def __call__(self, progress: float) -> float:
        return self.final**progress
