"""Student's t without SciPy, against SciPy and against the printed tables."""

import math

import numpy as np
import pytest

from fmnist.analysis.statistics import holm, incomplete_beta, interval, t_both_tails, t_quantile, welch

stats = pytest.importorskip("scipy.stats", reason="SciPy judges here; fmnist itself does without")
special = pytest.importorskip("scipy.special")
DEGREES = (1, 1.5, 2, 3.7, 4, 10, 33.3, 200, 1e4)


@pytest.mark.parametrize("degrees", DEGREES)
def test_tails_follow_scipys(degrees: float) -> None:
    for t in (0.0, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 30.0, 1e4):
        assert t_both_tails(t, degrees) == pytest.approx(2 * stats.t.sf(t, degrees), rel=1e-9, abs=1e-300)
        assert t_both_tails(-t, degrees) == t_both_tails(t, degrees)


@pytest.mark.parametrize("degrees", DEGREES)
def test_quantiles_follow_scipys(degrees: float) -> None:
    for level in (0.5, 0.9, 0.95, 0.99, 0.9999):
        assert t_quantile(level, degrees) == pytest.approx(stats.t.ppf((1 + level) / 2, degrees), rel=1e-9)


def test_quantiles_are_those_of_the_printed_table() -> None:
    assert [round(t_quantile(0.95, n), 3) for n in (1, 2, 4, 9, 30)] == [12.706, 4.303, 2.776, 2.262, 2.042]


def test_the_incomplete_beta_function_follows_scipys() -> None:
    rng = np.random.default_rng(1)
    for a, b, x in zip(rng.uniform(0.1, 500, 300), rng.uniform(0.1, 500, 300), rng.random(300), strict=True):
        assert incomplete_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-8, abs=1e-290)
    assert (incomplete_beta(2, 3, 0.0), incomplete_beta(2, 3, 1.0)) == (0.0, 1.0)


def test_welch_follows_scipys_test_with_unequal_variances() -> None:
    rng = np.random.default_rng(2)
    for sizes in ((2, 2), (3, 5), (5, 5), (20, 4)):
        a, b = rng.normal(0.89, 0.002, sizes[0]).tolist(), rng.normal(0.892, 0.01, sizes[1]).tolist()
        assert welch(a, b) == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue, rel=1e-9)


def test_the_interval_is_students() -> None:
    values = [0.891, 0.894, 0.889]
    low, high = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    assert interval(values) == pytest.approx((high - low) / 2, rel=1e-9)


def test_one_value_says_nothing() -> None:
    assert interval([0.9]) is None
    assert welch([0.9], [0.8, 0.7]) is None


def test_values_without_a_deviation_are_told_apart_by_their_difference() -> None:
    assert welch([1.0, 1.0], [1.0, 1.0]) == 1.0
    assert welch([1.0, 1.0], [2.0, 2.0]) == 0.0
    assert interval([1.0, 1.0]) == 0.0


def test_holm_by_hand() -> None:
    # Sorted: .005·4 = .02, .01·3 = .03, .03·2 = .06, .04·1 = .04, which may not be below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    draws = np.random.default_rng(3).normal(0, 1, (2000, 4))
    half = [interval(row.tolist()) or math.nan for row in draws]
    assert np.mean(np.abs(draws.mean(axis=1)) <= half) == pytest.approx(0.95, abs=0.015)
