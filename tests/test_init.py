"""The contract of an initialisation, for every YAML file; each known one's variance by its paper's formula."""

from math import sqrt

import numpy as np
import pytest

from fmnist.errors import ConfigError
from options import build, option_names

every = pytest.mark.parametrize("name", option_names("init"))
IN, OUT = 300, 150

# Variance of an entry, and the bound of a uniform distribution (√(3 · variance)).
BY_HAND: dict[str, tuple[float, float | None]] = {
    "he": (2 / 300, None),
    "he_uniform": (2 / 300, sqrt(6 / 300)),
    "lecun": (1 / 300, None),
    "xavier": (2 / 450, sqrt(6 / 450)),
    "xavier_normal": (2 / 450, None),
    "random": (0.01**2, None),
    "orthogonal": (1 / 300, None),  # 150 columns of length 1 in 300 dimensions
    "zeros": (0.0, 0.0),
}


@every
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 7)])
def test_shape_is_kept_in_float64_and_every_entry_is_finite(name: str, shape: tuple[int, int]) -> None:
    W = build("init", name)(shape, np.random.default_rng(0))
    assert W.shape == shape
    assert W.dtype == np.float64
    assert np.isfinite(W).all()


@every
def test_the_seed_decides(name: str) -> None:
    init, rng = build("init", name), np.random.default_rng(1)
    one, again, other = init((IN, OUT), rng), *(init((IN, OUT), np.random.default_rng(seed)) for seed in (1, 2))
    drawn = rng.bit_generator.state != np.random.default_rng(1).bit_generator.state
    np.testing.assert_array_equal(one, again)
    assert np.array_equal(one, other) != drawn
    assert np.array_equal(one, init((IN, OUT), rng)) != drawn  # all randomness comes from the generator
    assert drawn or name not in BY_HAND or name == "zeros"


@pytest.mark.parametrize(("name", "expected"), BY_HAND.items())
def test_mean_and_variance_follow_the_paper(name: str, expected: tuple[float, float | None]) -> None:
    W = build("init", name)((IN, OUT), np.random.default_rng(0))
    variance, bound = expected
    # of n = 45,000 entries the mean strays by √(variance/n), the variance by less than √(2/n) = 0.7 %
    assert abs(W.mean()) <= 4 * sqrt(variance / W.size)
    assert W.var() == pytest.approx(variance, rel=0.03)
    if bound is None:
        assert np.abs(W).max() > sqrt(3 * variance)  # a normal distribution has tails
    else:
        assert np.abs(W).max() <= bound
        assert np.abs(W).max() >= 0.999 * bound


@pytest.mark.parametrize(("fan", "variance"), [("in", 2 / 300), ("out", 2 / 150), ("average", 2 / 225)])
def test_fan_chooses_the_side_that_counts(fan: str, variance: float) -> None:
    W = build("init", "he", fan=fan)((IN, OUT), np.random.default_rng(3))
    assert W.var() == pytest.approx(variance, rel=0.03)


def test_std_and_gain_scale_the_entries() -> None:
    assert build("init", "random", std=0.5)((IN, OUT), np.random.default_rng(0)).std() == pytest.approx(0.5, rel=0.02)
    assert build("init", "he", gain=8.0)((IN, OUT), np.random.default_rng(0)).var() == pytest.approx(8 / 300, rel=0.03)


@pytest.mark.parametrize("gain", [1.0, 2.5])
@pytest.mark.parametrize("shape", [(7, 4), (4, 7), (5, 5)])
def test_orthogonal_has_orthonormal_columns_or_rows(shape: tuple[int, int], gain: float) -> None:
    W = build("init", "orthogonal", gain=gain)(shape, np.random.default_rng(0)) / gain
    product = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-14)


def test_orthogonal_prefers_no_sign() -> None:
    init = build("init", "orthogonal")
    positive = sum(init((2, 2), np.random.default_rng(seed))[0, 0] > 0 for seed in range(400))
    assert 160 <= positive <= 240  # 200 ± 4 standard deviations; a plain QR gives 0 or 400


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("he", "gain", 0),
        ("he", "fan", "inn"),
        ("he", "distribution", "norm"),
        ("random", "std", -1),
        ("orthogonal", "gain", 0),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^init.{key}={value}: "):
        build("init", name, **{key: value})
