"""Cosine annealing with warm-up (Loshchilov & Hutter, 2017, without restarts, https://arxiv.org/abs/1608.03983)."""

from dataclasses import dataclass
from math import cos, pi

from fmnist.config import check


@dataclass(frozen=True, kw_only=True)
class Cosine:
    """f(p) = p/w while p < w, then e + (1 − e) ½ (1 + cos πq),  q = (p − w) / (1 − w).

    w: `warmup`, the share of the training in which the factor rises from 0 to 1.  e: `final`.
    """

    warmup: float = 0.0
    final: float = 0.0

    def __post_init__(self) -> None:
        check.fraction(warmup=self.warmup)
        check.non_negative(final=self.final)

    def __call__(self, progress: float) -> float:
        if progress < self.warmup:
            return progress / self.warmup
        q = (progress - self.warmup) / (1 - self.warmup)
        return self.final + (1 - self.final) * (1 + cos(pi * q)) / 2
