"""Intervals and tests against printed tables and examples worked by hand; none of the expected values is SciPy's."""

import math

import numpy as np
import pytest

from fmnist.analysis.statistics import confidence_half_width, holm_correction, p_values_against_first, welch_p_value


# Student's table, two-sided: degrees of freedom, t at 90 %, 95 % and 99 %
# (NIST/SEMATECH e-Handbook, https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm).
@pytest.mark.parametrize(
    ("degrees", "t90", "t95", "t99"),
    [
        (1, 6.314, 12.706, 63.657),
        (2, 2.920, 4.303, 9.925),
        (4, 2.132, 2.776, 4.604),
        (9, 1.833, 2.262, 3.250),
        (30, 1.697, 2.042, 2.750),
    ],
)
def test_the_interval_uses_students_printed_table(degrees: int, t90: float, t95: float, t99: float) -> None:
    values = list(range(degrees + 1))
    n = len(values)
    standard_error = math.sqrt((n + 1) / 12)  # the variance of 0 … n−1 is n (n + 1) / 12
    for level, t in ((0.9, t90), (0.95, t95), (0.99, t99)):
        assert confidence_half_width(values, level) == pytest.approx(t * standard_error, rel=3e-4)


def test_welch_by_hand() -> None:
    """With two degrees of freedom the distribution is elementary: P(|T| > t) = 1 − t / √(2 + t²).

    a: mean 2, s² = 2, n = 2; b: mean 10, the same. t = −8/√2, ν = (1 + 1)² / (1 + 1) = 2.
    """
    t = 8 / math.sqrt(2)
    assert welch_p_value([1, 3], [9, 11]) == pytest.approx(1 - t / math.sqrt(2 + t * t), rel=1e-9)
    # c has no deviation and ν = 1 is a's alone: P(|T| > t) = 1 − 2 arctan(t) / π.  t = (2 − 5) / √(2/2) = −3.
    assert welch_p_value([1, 3], [5, 5, 5]) == pytest.approx(1 - 2 * math.atan(3) / math.pi, rel=1e-9)


def test_welch_agrees_with_a_published_example() -> None:
    """Two samples with unequal sizes and variances: t = −2.46, ν = 25.0, P = 0.021.

    https://en.wikipedia.org/wiki/Welch%27s_t-test#Examples, example 1.
    """
    a = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    b = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4]
    assert welch_p_value(a, b) == pytest.approx(0.021, abs=0.0005)
    assert welch_p_value(b, a) == welch_p_value(a, b)


def test_fewer_than_two_values_say_nothing() -> None:
    assert confidence_half_width([]) is None
    assert confidence_half_width([0.9]) is None
    assert welch_p_value([0.9], [0.8, 0.7]) is None
    assert welch_p_value([0.8, 0.7], []) is None


def test_values_without_a_deviation_are_told_apart_by_their_difference() -> None:
    assert welch_p_value([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert welch_p_value([1.0, 1.0], [2.0, 2.0]) == 0.0
    assert confidence_half_width([1.0, 1.0]) == 0.0


def test_holm_by_hand() -> None:
    # Sorted: .005·4 = .02, .01·3 = .03, .03·2 = .06, .04·1 = .04, which may not be below the one before.
    assert holm_correction([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm_correction([0.9, 0.6]) == [1.0, 1.0]
    assert holm_correction([]) == []


def test_only_samples_with_two_values_are_tested_and_corrected_for() -> None:
    p = 1 - 2 * math.atan(3) / math.pi  # see above
    found = p_values_against_first([[1, 3], [5, 5, 5], [4], [5, 5]])
    assert found == [None, pytest.approx(2 * p), None, pytest.approx(2 * p)]


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    draws = np.random.default_rng(3).normal(0, 1, (2000, 4))
    half = [confidence_half_width(row.tolist()) or math.nan for row in draws]
    assert np.mean(np.abs(draws.mean(axis=1)) <= half) == pytest.approx(0.95, abs=0.015)
