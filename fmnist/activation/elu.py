"""The exponential linear unit (Clevert, Unterthiner & Hochreiter, 2016, https://arxiv.org/abs/1511.07289)."""

from dataclasses import dataclass

import numpy as np

from fmnist import check
from fmnist.interfaces import Array


@dataclass(frozen=True, kw_only=True)
class ELU:
    """σ(z) = z if z > 0 else α (eᶻ − 1),  σ′(z) = 1 if z > 0 else σ(z) + α."""

    alpha: float = 1.0

    def __post_init__(self) -> None:
        check.positive(alpha=self.alpha)

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        below = self.alpha * np.expm1(np.minimum(z, 0))
        return np.add(np.maximum(z, 0), below, out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        slope = np.add(a, self.alpha, out=out)
        slope[z > 0] = 1
        return slope
