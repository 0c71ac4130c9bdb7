"""Every sampler and pruner of the config groups is built as its file says, and misses are said clearly."""

import inspect
from importlib.util import find_spec
from typing import Any

import optuna
import pytest
from hydra.utils import get_class
from omegaconf import OmegaConf

from fmnist.errors import ConfigError, FmnistError
from fmnist.sweep.study.instantiate import build_pruner, build_sampler
from options import CONF, option_names

SAMPLERS = [name for name in option_names("hydra/sweeper/sampler") if name not in ("auto", "grid")]
OWN_KEYS = {"_requires_", "_one_seed_", "_one_of_"}  # the sweeper's, not Optuna's
OPTUNAS_NAME = {"asha": "successivehalving", "none": "nop"}
# Where our default is another one than Optuna's, and why: branches as groups; seeds that scramble; quiet logs.
DEPARTURES = {"multivariate", "group", "scramble", "warn_independent_sampling", "warn_asynchronous_seeding"}


def config(part: str, name: str) -> dict[str, Any]:
    return OmegaConf.to_object(OmegaConf.load(CONF / "hydra" / "sweeper" / part / f"{name}.yaml"))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_is_built_or_its_package_is_named(name: str) -> None:
    values = config("sampler", name)
    kind = values["_target_"].rpartition(".")[2]
    missing = [package for package in values.get("_requires_", ()) if find_spec(package) is None]
    if missing:
        with pytest.raises(FmnistError, match=f"{kind} needs the package {missing[0]}: pip install {missing[0]}"):
            build_sampler(values, 1)
    else:
        assert type(build_sampler(values, 1)).__name__ == kind


@pytest.mark.parametrize("name", option_names("hydra/sweeper/pruner"))
def test_a_pruner_is_built(name: str) -> None:
    values = config("pruner", name)
    if name == "threshold":
        values["lower"] = 0.1
    assert type(build_pruner(values)).__name__ == values["_target_"].rpartition(".")[2]


@pytest.mark.parametrize(
    ("part", "name"),
    [("sampler", name) for name in SAMPLERS] + [("pruner", name) for name in option_names("hydra/sweeper/pruner")],
)
def test_the_defaults_are_optunas_own(part: str, name: str) -> None:
    values = config(part, name)
    kind = get_class(values.pop("_target_"))
    if kind.__name__.lower() != f"{OPTUNAS_NAME.get(name, name)}{part}":
        return  # a special case, with values of its own
    signature = inspect.signature(kind).parameters
    for key in values.keys() - OWN_KEYS:
        value, default = values[key], signature[key].default
        if key not in DEPARTURES and default is not inspect.Parameter.empty:
            assert value == default, key


def test_a_key_that_optuna_does_not_know_is_named() -> None:
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.pruner\.bound=1: allowed is what .*MedianPruner"):
        build_pruner(config("pruner", "median") | {"bound": 1})


def test_a_threshold_asks_for_a_bound() -> None:
    with pytest.raises(ConfigError) as error:
        build_pruner(config("pruner", "threshold"))
    expected = "hydra.sweeper.pruner.lower=null: allowed is a value; ThresholdPruner needs one of lower, upper"
    assert str(error.value) == expected
    assert build_pruner(config("pruner", "threshold") | {"upper": 2.0})


def test_what_optuna_imports_late_is_declared() -> None:
    """Without the declaration a missing package ends the search in the middle, not before it."""
    requires = {name: config("sampler", name).get("_requires_", []) for name in SAMPLERS}
    assert {name: packages for name, packages in requires.items() if packages} == {
        "cmaes": ["cmaes"],
        "gp": ["scipy", "torch"],
        "qmc": ["scipy"],
    }


def test_a_missing_package_is_named_before_the_search() -> None:
    values = {"_target_": "optuna.samplers.RandomSampler", "_requires_": ["no_such_package"]}
    with pytest.raises(FmnistError, match="RandomSampler needs the package no_such_package: pip install"):
        build_sampler(values, 1)


def test_the_points_of_a_sequence_are_spread_evenly() -> None:
    """A scrambled Sobol sequence has one point in each quarter; with another seed per trial it would be no sequence."""
    pytest.importorskip("scipy", reason="pip install scipy")
    values = config("sampler", "qmc")
    study = optuna.create_study()
    drawn = []
    for number in range(5):  # the first trial's space is not known yet: its point is random
        study.sampler = build_sampler(values, 1, number)
        trial = study.ask({"x": optuna.distributions.FloatDistribution(0, 1)})
        drawn.append(trial.params["x"])
        study.tell(trial, 0.0)
    assert sorted(int(4 * x) for x in drawn[1:]) == [0, 1, 2, 3]


def test_a_sampler_of_the_users_own_needs_no_keys_of_the_sweeper() -> None:
    values = {"_target_": "optuna.samplers.RandomSampler"}
    study = optuna.create_study()
    drawn = {}
    for number in (0, 1, 0):
        study.sampler = build_sampler(values, 7, number)
        drawn.setdefault(number, []).append(study.ask().suggest_float("x", 0, 1))
    assert drawn[0][0] == drawn[0][1] != drawn[1][0]


def test_each_attempt_at_a_point_draws_another_one() -> None:
    values = {"_target_": "optuna.samplers.RandomSampler"}
    study = optuna.create_study()
    drawn = set()
    for attempt in range(5):
        study.sampler = build_sampler(values, 7, 2, attempt)
        drawn.add(study.ask().suggest_float("x", 0, 1))
    assert len(drawn) == 5
