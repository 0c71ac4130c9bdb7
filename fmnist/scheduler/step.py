"""Step decay: drops at equal intervals."""

from dataclasses import dataclass
from math import floor

from fmnist.config import check


@dataclass(frozen=True, kw_only=True)
class Step:
    """f(p) = γ^⌊(n+1) p⌋, with n drops (`drops`) by the factor γ (`gamma`)."""

    drops: int = 3
    gamma: float = 0.3

    def __post_init__(self) -> None:
        check.integer(1, drops=self.drops)
        check.positive(gamma=self.gamma)

    def __call__(self, progress: float) -> float:
        passed = floor(progress * (self.drops + 1) + 1e-9)  # rounding of p = i/T must not delay a drop
        return self.gamma ** min(passed, self.drops)
