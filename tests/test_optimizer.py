"""The contract of an optimizer, for every YAML file; Lion and Optax's NAdam by hand, the others follow PyTorch."""

from collections.abc import Callable
from dataclasses import fields
from math import sqrt
from typing import Any

import numpy as np
import pytest

from fmnist.errors import CheckpointError, ConfigError
from fmnist.interfaces import Array
from fmnist.network.parameters import Parameters
from fmnist.optimizer.update import CHUNK, chunks
from options import build, option_names

OPTIONS = option_names("optimizer")
every = pytest.mark.parametrize("name", OPTIONS)


def params(dtype: str = "float64", weights: int = 4, biases: int = 2) -> Parameters:
    """Weights and biases, none of them zero."""
    p = Parameters({"W": (weights,)}, {"b": (biases,)}, dtype)
    rng = np.random.default_rng(0)
    p.theta[:] = rng.uniform(0.05, 0.15, p.size) * rng.choice([-1, 1], p.size)
    return p


def gradients(steps: int, size: int, seed: int = 1) -> Array:
    """Made of a slope and noise, of different size from one parameter to the next."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(steps, size)) + rng.normal(size=size)) * np.logspace(-3, 2, size)


def walk(optimizer: Any, grads: Array) -> Array:
    """θ after each step."""
    path = []
    for g in grads:
        optimizer.params.grad[:] = g
        optimizer.step()
        path.append(optimizer.params.theta.copy())
    return np.array(path)


def constants(optimizer: Any, lr: float) -> Any:
    values = optimizer.scalars(lr)
    return type(values)(*map(optimizer.params.theta.dtype.type, values))


def vectors(optimizer: Any) -> dict[str, Array]:
    return {name: value for name, value in optimizer.state().items() if value.ndim}


@every
def test_reaches_the_bottom_of_a_long_valley(name: str) -> None:
    """½ θᵀAθ with curvatures from 0.1 to 10 in skew directions, at the option's own lr, which fades out."""
    p, n, steps = params(), 6, 4000
    Q, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(n, n)))
    A = Q @ np.diag(np.logspace(-1, 1, n)) @ Q.T
    start = p.theta @ A @ p.theta
    optimizer = build("optimizer", name, weight_decay=0.0)
    optimizer.bind(p)
    for i in range(steps):
        p.grad[:] = A @ p.theta
        optimizer.step(1 - i / steps)
    assert p.theta @ A @ p.theta < 1e-6 * start


@every
def test_binding_again_starts_all_over(name: str) -> None:
    optimizer, grads = build("optimizer", name), gradients(12, 6)
    optimizer.bind(params())
    first = walk(optimizer, grads)
    optimizer.bind(params())
    assert int(optimizer.state()["t"]) == 0
    np.testing.assert_array_equal(walk(optimizer, grads), first)
    assert (np.diff(first, axis=0) != 0).all()


@every
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("decoupled", [False, True])
def test_the_rule_keeps_the_precision_and_its_inputs(
    name: str, dtype: str, decoupled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    optimizer, p = build("optimizer", name, weight_decay=0.1, decoupled=decoupled), params(dtype)
    rule, returned = type(optimizer).rule, set()

    def watched(*arguments: Any) -> tuple[Array, ...]:
        before = [a.copy() for a in arguments[:-1]]
        results = rule(*arguments)
        for a, kept in zip(arguments, before, strict=False):
            np.testing.assert_array_equal(a, kept)
        assert len(results) == len(before) - 1  # the gradient goes in and does not come out
        returned.update(a.dtype for a in results)
        return results

    monkeypatch.setattr(type(optimizer), "rule", staticmethod(watched))
    optimizer.bind(p)
    walk(optimizer, gradients(8, 6))
    assert returned == {a.dtype for a in (p.theta, p.grad, *vectors(optimizer).values())} == {np.dtype(dtype)}


@every
@pytest.mark.parametrize("decoupled", [False, True])
def test_chunk_by_chunk_is_the_rule_on_the_whole_vector(name: str, decoupled: bool) -> None:
    weights, biases, decay = 2 * CHUNK + 17, CHUNK + 5, 0.1
    optimizer, twin = (build("optimizer", name, weight_decay=decay, decoupled=decoupled) for _ in range(2))
    p, q = (params(weights=weights, biases=biases) for _ in range(2))
    optimizer.bind(p)
    twin.bind(q)
    theta, state = q.theta.copy(), [np.zeros(q.size) for _ in vectors(twin)]
    grads = gradients(3, p.size)
    path = walk(optimizer, grads)
    for g, reached in zip(grads.copy(), path, strict=True):
        if decoupled:
            theta[:weights] *= 1 - twin.lr * decay
        else:
            g[:weights] += decay * theta[:weights]
        twin.t += 1
        theta, *state = type(twin).rule(theta, g, *state, constants(twin, twin.lr))
        np.testing.assert_allclose(reached, theta, rtol=1e-13)
    for mine, expected in zip(vectors(optimizer).values(), state, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-13)


def test_chunks_cover_every_element_once_and_cross_no_bound() -> None:
    for bounds in [(0, 5), (5, 5), (CHUNK, 2 * CHUNK), (CHUNK + 1, 3 * CHUNK - 1), (10, 20)]:
        pieces = chunks(*bounds)
        assert [i for start, end in pieces for i in range(start, end)] == list(range(bounds[-1]))
        assert all(0 < end - start <= CHUNK for start, end in pieces)
        assert not any(start < bound < end for start, end in pieces for bound in bounds)


@every
@pytest.mark.parametrize("decoupled", [False, True])
def test_weight_decay_shrinks_weights_and_spares_the_rest(name: str, decoupled: bool) -> None:
    p = params()
    before = p.theta.copy()
    optimizer = build("optimizer", name, lr=1e-3, weight_decay=0.1, decoupled=decoupled)
    optimizer.bind(p)
    p.grad[:] = 0
    optimizer.step()
    moved = p.theta != before  # the gradient is zero: only decay moves θ
    assert moved.tolist() == [True, True, True, True, False, False]
    assert (np.abs(p.theta) < np.abs(before))[:4].all()
    if decoupled:
        np.testing.assert_allclose(p.theta[:4], before[:4] * (1 - 1e-3 * 0.1), rtol=1e-15)


@every
def test_l2_decay_is_a_gradient_of_half_lambda_theta_squared(name: str) -> None:
    decayed, plain = params(), params()
    a = build("optimizer", name, weight_decay=0.1, decoupled=False)
    b = build("optimizer", name, weight_decay=0.0, decoupled=False)
    a.bind(decayed)
    b.bind(plain)
    for g in gradients(5, 6):
        decayed.grad[:] = g
        plain.grad[:] = g + [0.1, 0.1, 0.1, 0.1, 0, 0] * plain.theta
        a.step()
        b.step()
        np.testing.assert_array_equal(decayed.theta, plain.theta)


@every
def test_the_schedulers_factor_multiplies_lr(name: str) -> None:
    scheduled, smaller = build("optimizer", name, weight_decay=0.1), build("optimizer", name, weight_decay=0.1)
    smaller.lr *= 0.25
    p, q = params(), params()
    scheduled.bind(p)
    smaller.bind(q)
    for g in gradients(5, 6):
        p.grad[:] = q.grad[:] = g
        scheduled.step(0.25)
        smaller.step()
        np.testing.assert_array_equal(p.theta, q.theta)
    before = p.theta.copy()
    scheduled.step(0.0)
    np.testing.assert_array_equal(p.theta, before)


@every
def test_a_checkpoint_continues_to_the_bit(name: str) -> None:
    grads = gradients(20, 6)
    optimizer = build("optimizer", name)
    optimizer.bind(params())
    walk(optimizer, grads[:8])
    saved = {key: value.copy() for key, value in optimizer.state().items()}
    theta = optimizer.params.theta.copy()
    expected = walk(optimizer, grads[8:])

    fresh, p = build("optimizer", name), params()
    p.theta[:] = theta
    fresh.bind(p)
    fresh.load(saved, "last.npz")
    for value in saved.values():
        value.fill(77)  # a checkpoint's arrays are not the optimizer's
    np.testing.assert_array_equal(walk(fresh, grads[8:]), expected)


@every
@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: state.pop("t"),
        lambda state: state.update(foreign=np.zeros(6)),
        lambda state: state.update(
            {key: value[:-1] for key, value in state.items() if value.ndim} or {"t": np.zeros(1)}
        ),
    ],
    ids=["missing", "unknown", "of another size"],
)
def test_a_foreign_state_is_refused_by_name_and_changes_nothing(name: str, spoil: Callable[[Any], None]) -> None:
    optimizer = build("optimizer", name)
    optimizer.bind(params())
    walk(optimizer, gradients(3, 6))
    before = {key: value.copy() for key, value in optimizer.state().items()}
    foreign = {key: np.full_like(value, 5) for key, value in before.items()}
    spoil(foreign)
    with pytest.raises(CheckpointError, match=r"^runs/7/last\.npz "):
        optimizer.load(foreign, "runs/7/last.npz")
    for key, value in optimizer.state().items():
        np.testing.assert_array_equal(value, before[key])


@every
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str) -> None:
    above_zero: list[object] = [0, -1, float("nan"), float("inf"), "abc", True]
    bad: dict[str, list[object]] = {
        "lr": above_zero,
        "weight_decay": [-1, float("nan"), float("inf"), "abc", True],
        "decoupled": ["yes", 1],
    }
    for key in (f.name for f in fields(build("optimizer", name)) if f.init):
        if key.startswith("beta") or key in {"momentum", "rho"}:
            bad[key] = [1, 1.5, -0.1, float("nan"), "abc", True]
        elif key == "eps":
            bad[key] = above_zero
        elif key == "momentum_decay":
            bad[key] = [-1, float("nan"), "abc", True]
    for key, values in bad.items():
        for value in values:
            with pytest.raises(ConfigError, match=f"^optimizer.{key}="):
                build("optimizer", name, **{key: value})


def test_lion_takes_the_papers_steps() -> None:
    """Algorithm 2 of Chen et al., 2023, with η = 0.1, λ = 0.5, β₁ = 0.9, β₂ = 0.99 on one weight and one bias.

    Weight, θ = 1, g = 2, −1, 0:
        c = 0.1·2 = 0.2 → +;               θ = 1 − 0.1 (1 + 0.5) = 0.85;               m = 0.01·2 = 0.02
        c = 0.9·0.02 − 0.1 = −0.082 → −;   θ = 0.85 − 0.1 (−1 + 0.425) = 0.9075;       m = 0.0198 − 0.01 = 0.0098
        c = 0.9·0.0098 > 0 → +;            θ = 0.9075 − 0.1 (1 + 0.45375) = 0.762125;  m = 0.009702
    Bias, θ = −1, g = 0, 0, 3 (not decayed):  sign 0 = 0 → −1, −1, then −1.1;  m = 0.03
    """
    p = params(weights=1, biases=1)
    p.theta[:] = 1, -1
    optimizer = build("optimizer", "lion", lr=0.1, weight_decay=0.5)
    optimizer.bind(p)
    path = walk(optimizer, np.array([[2.0, 0], [-1, 0], [0, 3]]))
    np.testing.assert_allclose(path, [[0.85, -1], [0.9075, -1], [0.762125, -1.1]], rtol=1e-14)
    np.testing.assert_allclose(optimizer.m, [0.009702, 0.03], rtol=1e-14)


def test_nadam_without_warm_up_takes_dozats_steps() -> None:
    """ψ = ∞: μ = β₁ = 0.5, β₂ = 0.75, η = 1, θ = 0, g = 1 and then 2, ε = 1e-300.

    t=1: m = ½, v = ¼, c₂ = ¼;  0.5/(1−0.5)·1 + 0.5/(1−0.25)·½ = 4/3;      √(v/c₂) = 1;  θ = −4/3
    t=2: m = 5/4, v = 19/16, c₂ = 7/16;  0.5/0.75·2 + 0.5/0.875·5/4 = 43/21;  √(19/7);  θ = −4/3 − 43/21 √(7/19)
    """
    p = params(weights=1, biases=0)
    p.theta[:] = 0
    changes = {"lr": 1.0, "beta1": 0.5, "beta2": 0.75, "eps": 1e-300, "momentum_decay": float("inf")}
    optimizer = build("optimizer", "nadam", **changes)
    optimizer.bind(p)
    path = walk(optimizer, np.array([[1.0], [2]]))
    np.testing.assert_allclose(path[:, 0], [-4 / 3, -4 / 3 - 43 / 21 * sqrt(7 / 19)], rtol=1e-14)


def test_adams_first_step_is_lr_long_whatever_the_gradient() -> None:
    for name in ("adam", "amsgrad", "adamax"):
        optimizer, p = build("optimizer", name, lr=0.01), params()
        before = p.theta.copy()
        optimizer.bind(p)
        walk(optimizer, np.array([[1e-3, 1, -1, 100, -1e-3, 5]]))
        np.testing.assert_allclose(p.theta - before, [-0.01, -0.01, 0.01, -0.01, 0.01, -0.01], rtol=2e-5), name
