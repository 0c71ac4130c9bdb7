"""The contract of a loss, for every YAML file; values and gradients worked by hand for the known ones."""

from math import log

import numpy as np
import pytest

from fmnist.errors import ConfigError
from fmnist.interfaces import Array
from gradients import numeric_grad
from options import build, option_names

VARIANTS: list[tuple[str, dict[str, float]]] = [
    *((name, {}) for name in option_names("loss")),
    ("cross_entropy", {"label_smoothing": 0.3}),
    ("focal", {"gamma": 0.0}),
    ("focal", {"gamma": 0.5}),
    ("focal", {"gamma": 1.0}),
]
every = pytest.mark.parametrize(("name", "changes"), VARIANTS)

# Probabilities (½, ¼, ¼) and a label: the loss in units of its own, worked on paper.
P = (0.5, 0.25, 0.25)
BY_HAND: list[tuple[str, dict[str, float], int, float]] = [
    ("cross_entropy", {}, 0, log(2)),
    ("cross_entropy", {}, 1, 2 * log(2)),
    ("cross_entropy", {"label_smoothing": 0.3}, 0, 1.2 * log(2)),  # q = (0.8, 0.1, 0.1)
    ("cross_entropy", {"label_smoothing": 0.3}, 2, 1.9 * log(2)),  # q = (0.1, 0.1, 0.8)
    ("focal", {}, 0, 0.25 * log(2)),  # (1 − ½)² log 2
    ("focal", {}, 1, 1.125 * log(2)),  # (¾)² log 4
    ("focal", {"gamma": 1.0}, 1, 1.5 * log(2)),
    ("focal", {"gamma": 0.0}, 1, 2 * log(2)),
    ("mse", {}, 0, 0.125),  # (¼ + 1/16 + 1/16) / 3
    ("mse", {}, 1, 0.875 / 3),  # (¼ + 9/16 + 1/16) / 3
]
SLOPES_BY_HAND: list[tuple[str, dict[str, float], tuple[float, float]]] = [  # label 0: ∂L/∂z₀ and ∂L/∂z₁ = ∂L/∂z₂
    ("cross_entropy", {}, (-0.5, 0.25)),
    ("cross_entropy", {"label_smoothing": 0.3}, (-0.3, 0.15)),
    ("focal", {}, (-0.25 * log(2) - 0.125, 0.125 * log(2) + 0.0625)),  # ∂L/∂p = 2 (1−p) log p − (1−p)²/p
    ("mse", {}, (-0.125, 0.0625)),
]


def batch(n: int = 6, k: int = 5, spread: float = 2) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.normal(0, spread, (n, k)), rng.integers(0, k, n)


@every
def test_grad_matches_central_differences(name: str, changes: dict[str, float]) -> None:
    loss, (z, y) = build("loss", name, **changes), batch()
    grad = np.full_like(z, np.nan)
    assert loss(z, y, grad) == loss(z, y)
    np.testing.assert_allclose(grad, numeric_grad(lambda: loss(z, y), z), rtol=1e-7, atol=1e-10)


@every
def test_grad_of_a_confident_network_matches_central_differences(name: str, changes: dict[str, float]) -> None:
    loss, (z, y) = build("loss", name, **changes), batch(spread=8)
    grad = np.empty_like(z)
    loss(z, y, grad)
    np.testing.assert_allclose(grad, numeric_grad(lambda: loss(z, y), z), rtol=1e-6, atol=1e-9)


@every
def test_value_is_a_float_from_zero_up_and_inputs_are_left_alone(name: str, changes: dict[str, float]) -> None:
    loss, (z, y) = build("loss", name, **changes), batch(200)
    z_before, y_before = z.copy(), y.copy()
    value = loss(z, y, np.empty_like(z))
    assert type(value) is float
    assert value > 0
    assert all(loss(z[i : i + 1], y[i : i + 1]) >= 0 for i in range(200))
    np.testing.assert_array_equal(z, z_before)
    np.testing.assert_array_equal(y, y_before)


@every
def test_a_shift_of_an_examples_logits_changes_nothing(name: str, changes: dict[str, float]) -> None:
    loss, (z, y) = build("loss", name, **changes), batch()
    grad, shifted_grad = np.empty_like(z), np.empty_like(z)
    shifted = z + np.array([[-50.0], [0], [3], [20], [100], [-7]])
    assert loss(shifted, y, shifted_grad) == pytest.approx(loss(z, y, grad), rel=1e-12)
    np.testing.assert_allclose(shifted_grad, grad, atol=1e-13)


@every
def test_each_examples_gradient_sums_to_zero(name: str, changes: dict[str, float]) -> None:
    loss, (z, y) = build("loss", name, **changes), batch()
    grad = np.empty_like(z)
    loss(z, y, grad)
    np.testing.assert_allclose(grad.sum(axis=1), 0, atol=1e-15)
    assert np.abs(grad).max() > 1e-3


@every
def test_a_batch_is_the_mean_of_its_examples(name: str, changes: dict[str, float]) -> None:
    loss, (z, y) = build("loss", name, **changes), batch()
    grad, single = np.empty_like(z), np.empty_like(z)
    values = [loss(z[i : i + 1], y[i : i + 1], single[i : i + 1]) for i in range(len(z))]
    assert loss(z, y, grad) == pytest.approx(np.mean(values), rel=1e-13)
    np.testing.assert_allclose(grad, single / len(z), rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every
def test_extreme_logits_stay_finite_without_a_warning(name: str, changes: dict[str, float], dtype: str) -> None:
    loss = build("loss", name, **changes)
    z = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [0, 0, 1e4]], dtype)
    for label in range(3):
        grad = np.full_like(z, np.nan)
        value = loss(z, np.full(5, label), grad)
        assert np.isfinite(value)
        assert value >= 0
        assert grad.dtype == dtype
        assert np.isfinite(grad).all()


@every
def test_the_right_answer_costs_less_than_the_wrong_one(name: str, changes: dict[str, float]) -> None:
    loss, z = build("loss", name, **changes), np.array([[3.0, 0, 0]])
    assert loss(z, np.array([0])) < loss(z, np.array([1]))


@pytest.mark.parametrize(("name", "changes", "label", "expected"), BY_HAND)
def test_value_is_the_one_worked_by_hand(name: str, changes: dict[str, float], label: int, expected: float) -> None:
    assert build("loss", name, **changes)(np.log([P]), np.array([label])) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("name", "changes", "expected"), SLOPES_BY_HAND)
def test_grad_is_the_one_worked_by_hand(name: str, changes: dict[str, float], expected: tuple[float, float]) -> None:
    grad = np.empty((1, 3))
    build("loss", name, **changes)(np.log([P]), np.array([0]), grad)
    at_label, elsewhere = expected
    np.testing.assert_allclose(grad, [[at_label, elsewhere, elsewhere]], rtol=1e-14)


def test_float32_sums_a_large_batch_without_losing_digits() -> None:
    n = 60_000
    for name in option_names("loss"):
        z = np.tile(np.array([[0.3, -0.2, 0.1]], "float32"), (n, 1))
        y = np.zeros(n, np.intp)
        loss = build("loss", name)
        assert loss(z, y) == pytest.approx(loss(z[:1].astype("float64"), y[:1]), rel=1e-6), name


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [("cross_entropy", "label_smoothing", 1), ("cross_entropy", "label_smoothing", -0.1), ("focal", "gamma", -1)],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^loss.{key}={value}: "):
        build("loss", name, **{key: value})
