"""The contract of a scheduler, for every YAML file; the known ones at points worked by hand."""

from math import isfinite

import numpy as np
import pytest

from fmnist.errors import ConfigError
from options import build, option_names

every = pytest.mark.parametrize("name", option_names("scheduler"))

BY_HAND: list[tuple[str, dict[str, float], dict[float, float]]] = [  # progress → factor
    ("constant", {}, {0: 1, 0.3: 1, 1: 1}),
    ("cosine", {}, {0: 1, 1 / 3: 0.75, 0.5: 0.5, 2 / 3: 0.25, 1: 0}),  # cos 60° = ½
    ("cosine", {"warmup": 0.1, "final": 0.05}, {0: 0, 0.05: 0.5, 0.1: 1, 0.55: 0.525, 1: 0.05}),
    ("exponential", {}, {0: 1, 0.5: 0.1, 1: 0.01}),
    ("exponential", {"final": 0.0625}, {0.25: 0.5, 0.5: 0.25, 0.75: 0.125}),
    ("linear", {}, {0: 1, 0.3: 0.7, 1: 0}),
    ("linear", {"start": 0.5, "final": 2.0}, {0: 0.5, 0.5: 1.25, 1: 2}),
    ("one_cycle", {}, {0: 0.04, 0.15: 0.52, 0.3: 1, 0.65: 0.500002, 1: 0.000004}),
    ("one_cycle", {"warmup": 0.5, "div": 4.0, "final_div": 5.0}, {0: 0.25, 0.25: 0.625, 0.5: 1, 0.75: 0.525, 1: 0.05}),
    ("one_cycle", {"warmup": 0.0}, {0: 1, 1: 0.000004}),
    ("step", {}, {0: 1, 0.2499: 1, 0.25: 0.3, 0.4999: 0.3, 0.5: 0.09, 0.75: 0.027, 1: 0.027}),
    ("step", {"drops": 1, "gamma": 0.5}, {0.4999: 1, 0.5: 0.5, 1: 0.5}),
]


@every
def test_factor_is_finite_and_never_negative(name: str) -> None:
    scheduler = build("scheduler", name)
    factors = [scheduler(float(p)) for p in np.linspace(0, 1, 1001)]
    assert all(isinstance(f, float) and isfinite(f) and f >= 0 for f in factors)
    assert max(factors) > 0


@every
def test_factor_depends_on_progress_alone(name: str) -> None:
    scheduler = build("scheduler", name)
    progress = [i / 97 for i in range(98)]
    forward = [scheduler(p) for p in progress]
    assert [scheduler(p) for p in reversed(progress)] == forward[::-1]
    assert [build("scheduler", name)(p) for p in progress] == forward


@pytest.mark.parametrize(("name", "changes", "expected"), BY_HAND)
def test_factors_are_those_worked_by_hand(name: str, changes: dict[str, float], expected: dict[float, float]) -> None:
    scheduler = build("scheduler", name, **changes)
    for progress, factor in expected.items():
        assert scheduler(progress) == pytest.approx(factor, rel=1e-12, abs=1e-15), progress


@pytest.mark.parametrize("drops", [1, 2, 4, 9, 48])
def test_step_drops_in_the_very_step_it_should_whatever_the_rounding(drops: int) -> None:
    scheduler = build("scheduler", "step", drops=drops, gamma=0.5)  # 49 · (1/49) < 1 in floating point
    for length in (1, 3, 7, 100):
        steps = length * (drops + 1)
        factors = [scheduler(i / steps) for i in range(steps)]
        assert factors == [0.5 ** (i // length) for i in range(steps)]


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("cosine", "warmup", 1),
        ("cosine", "final", -1),
        ("exponential", "final", 0),
        ("linear", "start", -0.5),
        ("linear", "final", -0.5),
        ("one_cycle", "warmup", 1),
        ("one_cycle", "div", 0),
        ("one_cycle", "final_div", 0),
        ("step", "drops", 0),
        ("step", "drops", 1.5),
        ("step", "gamma", 0),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^scheduler.{key}={value}: "):
        build("scheduler", name, **{key: value})
