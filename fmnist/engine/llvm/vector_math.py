"""exp, expm1 and tanh for float32, from sums and products alone, so that a compiled loop runs them on vectors.

What a C library offers works on one number at a time, ten times as slowly. Errors are within a few units in the last
place (tests/test_engine.py). In float64, and in NumPy's engine, these functions are NumPy's own.
"""

from typing import Any

import numpy as np


def where(condition: Any, yes: Any, no: Any) -> Any:
    """np.where of one number."""
    return yes if condition else no


def power_of_two(n: Any) -> Any:
    """2ⁿ for a whole number n; the compiled form sets the exponent's bits."""
    return np.exp2(n)


def exponent(x: Any) -> Any:
    """⌊log₂ x⌋; the compiled form reads the exponent's bits."""
    return np.floor(np.log2(x))


def exp(x: Any) -> Any:
    """eˣ = 2ⁿ eʳ with |r| ≤ ½ ln 2, and Cephes' polynomial for eʳ (Moshier, 1992, https://netlib.org/cephes/)."""
    x = np.minimum(np.maximum(x, -104), 89)  # beyond is 0, or ∞
    n = np.floor(x * 1.44269504088896341 + 0.5)
    r = x - n * 0.693359375 + n * 2.12194440e-4  # ln 2 in two parts, the first of which loses no digit
    p = 1.9875691500e-4
    p = p * r + 1.3981999507e-3
    p = p * r + 8.3334519073e-3
    p = p * r + 4.1665795894e-2
    p = p * r + 1.6666665459e-1
    p = p * r + 5.0000001201e-1
    half = np.floor(n * 0.5)  # in two steps: 2ⁿ alone may be out of range where eˣ is not
    return (p * r * r + r + 1) * power_of_two(half) * power_of_two(n - half)


def tanh(x: Any) -> Any:
    """Eigen's quotient of polynomials (https://gitlab.com/libeigen/eigen, GenericPacketMathFunctions.h)."""
    x = np.minimum(np.maximum(x, -9), 9)
    s = x * x
    p = -2.76076847742355e-16
    p = p * s + 2.00018790482477e-13
    p = p * s + -8.60467152213735e-11
    p = p * s + 5.12229709037114e-08
    p = p * s + 1.48572235717979e-05
    p = p * s + 6.37261928875436e-04
    p = p * s + 4.89352455891786e-03
    q = 1.19825839466702e-06
    q = q * s + 1.18534705686654e-04
    q = q * s + 2.26843463243900e-03
    q = q * s + 4.89352518554385e-03
    return np.minimum(np.maximum(x * p / q, -1), 1)


def expm1(x: Any) -> Any:
    """eˣ − 1 = tanh(x/2) (eˣ + 1), which keeps the digits of small x."""
    return tanh(0.5 * x) * (exp(x) + 1)


def log1p(x: Any) -> Any:
    """ln(1 + x) for x > −1: with 1 + x = 2ⁿ (1 + f), n ln 2 + 2 artanh(s), s = f / (2 + f), |s| < 0.18."""
    n = exponent((1 + x) * 1.41421356237309505)
    small = power_of_two(-n)
    f = x * small + (small - 1)
    s = f / (2 + f)
    t = s * s
    p = 0.1111111111111111
    p = p * t + 0.14285714285714285
    p = p * t + 0.2
    p = p * t + 0.33333333333333333
    return n * 0.69314718055994531 + 2 * (s + s * t * p)
