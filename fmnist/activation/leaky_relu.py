"""The leaky ReLU (Maas, Hannun & Ng, 2013, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf)."""

from dataclasses import dataclass

import numpy as np

from fmnist import check
from fmnist.interfaces import Array


@dataclass(frozen=True, kw_only=True)
class LeakyReLU:
    """σ(z) = max(z, s z),  σ′(z) = 1 if z > 0 else s, with a small slope s (`slope`)."""

    slope: float = 0.01

    def __post_init__(self) -> None:
        check.fraction(slope=self.slope)

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return np.maximum(z, self.slope * z, out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        steep = np.multiply(z > 0, z.dtype.type(1 - self.slope), out=out)
        return np.add(steep, self.slope, out=out)
