"""Orthogonal matrices (Saxe, McClelland & Ganguli, 2014, https://arxiv.org/abs/1312.6120)."""

from dataclasses import dataclass

import numpy as np

from fmnist.config import check
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class Orthogonal:
    """W = gain · Q with orthonormal columns (QᵀQ = 1), or rows where there are more columns than rows.

    Q of a Gaussian matrix' QR decomposition, with the signs of R's diagonal moved into Q: uniform over all
    orthogonal matrices (Mezzadri, 2007, https://arxiv.org/abs/math-ph/0609050).
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        check.positive(gain=self.gain)

    def __call__(self, shape: tuple[int, int], rng: Rng) -> Array:
        tall = rng.normal(size=(max(shape), min(shape)))
        Q, R = np.linalg.qr(tall)
        Q *= self.gain * np.sign(np.diag(R))
        return Q if Q.shape == shape else Q.T
