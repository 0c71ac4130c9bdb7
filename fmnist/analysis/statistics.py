"""How sure is a mean over a few seeds, and can two of them be told apart? Student's t distribution, without SciPy.

The distribution function comes from the regularised incomplete beta function,
    P(|T| > t) = I_x(ν/2, 1/2),  x = ν / (ν + t²),
and that from its continued fraction (Abramowitz & Stegun 1964, 26.5.8 and 26.7.1), evaluated by Lentz's method
(Press et al., Numerical Recipes, 3rd ed., §6.4).
"""

import math
from collections.abc import Sequence
from statistics import mean, variance

TINY = 1e-300  # instead of a zero denominator


def interval(values: Sequence[float], level: float = 0.95) -> float | None:
    """Half the width of the confidence interval of the mean, t_{n−1} s / √n; None for fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    return t_quantile(level, n - 1) * math.sqrt(variance(values) / n)


def welch(a: Sequence[float], b: Sequence[float]) -> float | None:
    """The two-sided p-value of Welch's t-test: are the means of a and b equal? Their variances may differ.

    t = (ā − b̄) / √(s²_a/n_a + s²_b/n_b), with the degrees of freedom ν of Welch and Satterthwaite
    (Welch, 1947, Biometrika 34, 28–35). None with fewer than two values in a or b. Without any deviation in both,
    equal means give 1 and different ones 0.
    """
    if min(len(a), len(b)) < 2:
        return None
    va, vb = variance(a) / len(a), variance(b) / len(b)
    difference = mean(a) - mean(b)
    if va + vb == 0:
        return float(difference == 0)
    degrees = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    return t_both_tails(difference / math.sqrt(va + vb), degrees)


def against_first(samples: Sequence[Sequence[float]]) -> list[float | None]:
    """Welch's p-value of each sample against the first, with Holm's correction for all of these tests.

    None where there is no test: for the first itself, and where one of the two has a single value.
    """
    p_values = [None if i == 0 else welch(samples[0], sample) for i, sample in enumerate(samples)]
    adjusted = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(adjusted) for p in p_values]


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of m tests made at once, adjusted so that one false alarm among them all is as rare as said.

    The k-th smallest becomes max over j ≤ k of (m − j + 1) p_j, at most 1 (Holm, 1979, Scand. J. Stat. 6, 65–70).
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for k, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - k) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def t_both_tails(t: float, degrees: float) -> float:
    """P(|T| > |t|) for Student's t with so many degrees of freedom."""
    return incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))


def t_quantile(level: float, degrees: float) -> float:
    """The t with P(|T| ≤ t) = level, by bisection."""
    low, high = 0.0, 1.0
    while 1 - t_both_tails(high, degrees) < level:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        if 1 - t_both_tails(middle, degrees) < level:
            low = middle
        else:
            high = middle
    return high


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b), the regularised incomplete beta function, for 0 ≤ x ≤ 1."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side only
        return 1 - incomplete_beta(b, a, 1 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / a / beta_fraction(a, b, x)


def beta_fraction(a: float, b: float, x: float) -> float:
    """1 + d₁/(1 + d₂/(1 + …)), d₂ₘ = m(b−m)x / ((a+2m−1)(a+2m)), d₂ₘ₊₁ = −(a+m)(a+b+m)x / ((a+2m)(a+2m+1))."""
    value = c = 1.0
    d = 0.0
    for step in range(1, 10_000):
        m = step // 2
        if step % 2:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + numerator * d) or TINY)
        c = (1 + numerator / c) or TINY
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
