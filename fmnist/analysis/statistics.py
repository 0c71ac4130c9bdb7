"""Confidence intervals of means over a few seeds, and tests of whether two means differ.

SciPy is imported where it is needed: it takes half a second.
"""

import math
from collections.abc import Sequence
from statistics import mean, stdev, variance


def confidence_half_width(values: Sequence[float], level: float = 0.95) -> float | None:
    """Half the width of Student's confidence interval of the mean, t_{n−1} s / √n; None for fewer than two values."""
    n = len(values)
    if n < 2:
        return None
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, n - 1)) * math.sqrt(variance(values) / n)


def welch_p_value(a: Sequence[float], b: Sequence[float]) -> float | None:
    """The two-sided p-value of Welch's t-test of equal means; the variances of a and b may differ.

    t = (ā − b̄) / √(s²_a/n_a + s²_b/n_b), with the degrees of freedom of Welch and Satterthwaite
    (Welch, 1947, Biometrika 34, 28–35). None with fewer than two values in a or b. Without any deviation in both,
    equal means give 1 and different ones 0.
    """
    if min(len(a), len(b)) < 2:
        return None
    if stdev(a) == stdev(b) == 0:
        return float(mean(a) == mean(b))
    from scipy.stats import ttest_ind_from_stats

    return float(ttest_ind_from_stats(mean(a), stdev(a), len(a), mean(b), stdev(b), len(b), equal_var=False).pvalue)


def p_values_against_first(samples: Sequence[Sequence[float]]) -> list[float | None]:
    """Welch's p-value of each sample against the first, with Holm's correction for all of these tests.

    None where there is no test: for the first itself, and where one of the two has fewer than two values.
    """
    p_values = [None if i == 0 else welch_p_value(samples[0], sample) for i, sample in enumerate(samples)]
    corrected = iter(holm_correction([p for p in p_values if p is not None]))
    return [None if p is None else next(corrected) for p in p_values]


def holm_correction(p_values: Sequence[float]) -> list[float]:
    """p-values of m tests, adjusted to control the probability of at least one false positive.

    The k-th smallest becomes max over j ≤ k of (m − j + 1) p_j, at most 1 (Holm, 1979, Scand. J. Stat. 6, 65–70).
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for k, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(p_values) - k) * p_values[i]))
        adjusted[i] = largest
    return adjusted
