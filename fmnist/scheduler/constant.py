"""A constant learning rate."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Constant:
    """f(p) = 1."""

    def __call__(self, progress: float) -> float:
        return 1.0
