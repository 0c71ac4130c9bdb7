"""The Gaussian error linear unit (Hendrycks & Gimpel, 2016, https://arxiv.org/abs/1606.08415), tanh form.

The paper's closed form of z Φ(z), as in BERT and GPT-2. It differs from the exact z Φ(z) by less than 5e-4;
Φ needs the error function, which NumPy does not have.
"""

from dataclasses import dataclass
from math import pi, sqrt
from typing import ClassVar

import numpy as np

from fmnist.activation.base import Activation, Rule
from fmnist.interfaces import Array

C = sqrt(2 / pi)
D = 0.044715


def gelu(z: Array) -> Array:
    t = np.tanh(C * (z + D * (z * z * z)))
    return 0.5 * z * (1 + t)


def gelu_derivative(z: Array, a: Array) -> Array:
    t = np.tanh(C * (z + D * (z * z * z)))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * C * (1 + 3 * D * (z * z))


@dataclass(frozen=True, kw_only=True)
class GELU(Activation):
    """σ(z) = ½ z (1 + t),  t = tanh(c (z + d z³)),  σ′(z) = ½ (1 + t) + ½ z (1 − t²) c (1 + 3 d z²).

    c = √(2/π), d = 0.044715.
    """

    rule: ClassVar[Rule] = staticmethod(gelu)
    derivative: ClassVar[Rule] = staticmethod(gelu_derivative)
