"""The one-cycle policy (Smith & Topin, 2018, https://arxiv.org/abs/1708.07120), with cosines as in PyTorch."""

from dataclasses import dataclass
from math import cos, pi

from fmnist.config import check


@dataclass(frozen=True, kw_only=True)
class OneCycle:
    """Up from 1/d to 1 while p < w, then down to 1/(d D), each half a cosine wave; `lr` is the peak.

    w: `warmup`.  d: `div`.  D: `final_div`.
    """

    warmup: float = 0.3
    div: float = 25.0
    final_div: float = 1e4

    def __post_init__(self) -> None:
        check.fraction(warmup=self.warmup)
        check.positive(div=self.div, final_div=self.final_div)

    def __call__(self, progress: float) -> float:
        low, end = 1 / self.div, 1 / (self.div * self.final_div)
        if progress < self.warmup:
            return wave(low, 1, progress / self.warmup)
        return wave(1, end, (progress - self.warmup) / (1 - self.warmup))


def wave(start: float, end: float, q: float) -> float:
    """From `start` to `end` along half a cosine wave as q goes from 0 to 1."""
    return end + (start - end) * (1 + cos(pi * q)) / 2
