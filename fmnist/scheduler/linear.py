"""Linear decay or growth."""

from dataclasses import dataclass

from fmnist.config import check


@dataclass(frozen=True, kw_only=True)
class Linear:
    """f(p) = s + (e − s) p, from s (`start`) to e (`final`)."""

    start: float = 1.0
    final: float = 0.0

    def __post_init__(self) -> None:
        check.non_negative(start=self.start, final=self.final)

    def __call__(self, progress: float) -> float:
        return self.start + (self.final - self.start) * progress
