"""The contract of an activation, for every YAML file; values worked by hand for the known ones."""

from math import e, log
from typing import Any

import numpy as np
import pytest

from fmnist.errors import ConfigError
from options import build, option_names

VARIANTS: list[tuple[str, dict[str, float]]] = [
    *((name, {}) for name in option_names("activation")),
    ("elu", {"alpha": 0.5}),
    ("leaky_relu", {"slope": 0.2}),
    ("swish", {"beta": 2.0}),
]
every = pytest.mark.parametrize(("name", "changes"), VARIANTS)
PRECISIONS = pytest.mark.parametrize("dtype", ["float32", "float64"])

# With p = e^z: sigmoid p/(1+p), tanh (p²−1)/(p²+1), and Mish's tanh(ln(1+p)) = ((1+p)²−1)/((1+p)²+1).
BY_HAND: list[tuple[str, dict[str, float], float, float]] = [
    ("relu", {}, -2, 0),
    ("relu", {}, 0, 0),
    ("relu", {}, 3, 3),
    ("leaky_relu", {}, -2, -0.02),
    ("leaky_relu", {"slope": 0.2}, -2, -0.4),
    ("leaky_relu", {}, 3, 3),
    ("elu", {}, -log(2), -0.5),
    ("elu", {"alpha": 0.5}, -log(2), -0.25),
    ("elu", {}, 3, 3),
    ("identity", {}, -1.5, -1.5),
    ("sigmoid", {}, 0, 0.5),
    ("sigmoid", {}, log(3), 0.75),
    ("sigmoid", {}, -log(3), 0.25),
    ("tanh", {}, log(2), 0.6),
    ("tanh", {}, -log(2), -0.6),
    ("softplus", {}, 0, log(2)),
    ("softplus", {}, log(e - 1), 1),
    ("swish", {}, log(3), 0.75 * log(3)),
    ("swish", {}, -log(3), -0.25 * log(3)),
    ("swish", {"beta": 2.0}, log(3), 0.9 * log(3)),
    ("mish", {}, log(2), 0.8 * log(2)),
    ("mish", {}, -log(2), -5 / 13 * log(2)),
    ("gelu", {}, 0, 0),
    ("gelu", {}, 1, 0.841192),  # t = tanh(0.797885 · 1.044715) = 0.682384
    ("gelu", {}, -1, -0.158808),
]


def points(n: int = 200) -> Any:
    return np.random.default_rng(0).normal(0, 2, n)


@every
def test_grad_matches_central_differences(name: str, changes: dict[str, float]) -> None:
    sigma, z, h = build("activation", name, **changes), points(), 1e-5
    expected = (sigma(z + h) - sigma(z - h)) / (2 * h)
    np.testing.assert_allclose(sigma.grad(z, sigma(z)), expected, rtol=1e-8, atol=2e-10)


@PRECISIONS
@every
def test_precision_is_kept_and_out_is_filled_and_returned(name: str, changes: dict[str, float], dtype: str) -> None:
    sigma = build("activation", name, **changes)
    z = points().astype(dtype).reshape(20, 10)
    before = z.copy()
    a = sigma(z)
    slope = sigma.grad(z, a)
    assert (a.dtype, slope.dtype) == (z.dtype, z.dtype)
    assert (a.shape, slope.shape) == (z.shape, z.shape)

    out_a, out_slope = np.full_like(z, np.nan), np.full_like(z, np.nan)
    kept = a.copy()
    assert sigma(z, out_a) is out_a
    assert sigma.grad(z, a, out_slope) is out_slope
    np.testing.assert_array_equal(out_a, a)
    np.testing.assert_array_equal(out_slope, slope)
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(a, kept)


@PRECISIONS
@every
def test_extreme_inputs_stay_finite_without_a_warning(name: str, changes: dict[str, float], dtype: str) -> None:
    sigma = build("activation", name, **changes)
    z = np.array([-1e4, -100, -0.0, 0, 100, 1e4], dtype)
    a = sigma(z)
    assert np.isfinite(a).all()
    assert np.isfinite(sigma.grad(z, a)).all()


@every
def test_float32_is_as_good_as_float32_gets(name: str, changes: dict[str, float]) -> None:
    sigma, z = build("activation", name, **changes), points().astype("float32")
    wide = z.astype("float64")
    np.testing.assert_allclose(sigma(z), sigma(wide), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(sigma.grad(z, sigma(z)), sigma.grad(wide, sigma(wide)), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "changes", "z", "expected"), BY_HAND)
def test_value_is_the_one_worked_by_hand(name: str, changes: dict[str, float], z: float, expected: float) -> None:
    sigma = build("activation", name, **changes)
    assert sigma(np.array([z], "float64")) == pytest.approx(expected, rel=1e-6, abs=1e-15)


def test_relu_is_flat_at_zero_and_elu_joins_smoothly() -> None:
    zero = np.zeros(1)
    for name, slope in {"relu": 0.0, "leaky_relu": 0.01, "elu": 1.0, "gelu": 0.5, "swish": 0.5, "mish": 0.6}.items():
        sigma = build("activation", name)
        assert sigma.grad(zero, sigma(zero)) == pytest.approx(slope), name


def test_sigmoid_keeps_the_digits_of_tiny_values() -> None:
    for name in ("sigmoid", "softplus"):  # both are e^z there
        assert build("activation", name)(np.array([-80.0])) == pytest.approx(np.exp(-80.0), rel=1e-12, abs=0), name


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("elu", "alpha", 0),
        ("elu", "alpha", -1),
        ("swish", "beta", 0),
        ("leaky_relu", "slope", 1),
        ("elu", "alpha", "x"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^activation.{key}={value}: "):
        build("activation", name, **{key: value})
