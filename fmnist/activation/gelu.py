"""The Gaussian error linear unit (Hendrycks & Gimpel, 2016, https://arxiv.org/abs/1606.08415), tanh form.

The paper's closed form of z Φ(z), as in BERT and GPT-2. It differs from the exact z Φ(z) by less than 5e-4;
Φ needs the error function, which NumPy does not have.
"""

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from fmnist.interfaces import Array

C = sqrt(2 / pi)
D = 0.044715


@dataclass(frozen=True, kw_only=True)
class GELU:
    """σ(z) = ½ z (1 + t),  t = tanh(c (z + d z³)),  σ′(z) = ½ (1 + t) + ½ z (1 − t²) c (1 + 3 d z²).

    c = √(2/π), d = 0.044715.
    """

    def __call__(self, z: Array, out: Array | None = None) -> Array:
        return np.multiply(0.5 * z, 1 + tanh(z), out=out)

    def grad(self, z: Array, a: Array, out: Array | None = None) -> Array:
        t = tanh(z)
        inner = C * (1 + 3 * D * (z * z))
        return np.add(0.5 * (1 + t), 0.5 * z * (1 - t * t) * inner, out=out)


def tanh(z: Array) -> Array:
    """t of the formula."""
    t: Array = np.tanh(C * (z + D * (z * z * z)))
    return t
