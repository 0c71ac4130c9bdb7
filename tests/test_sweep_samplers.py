"""Every sampler and pruner of the config groups is built as its file says, and misses are said clearly."""

import inspect
from importlib.util import find_spec
from typing import Any

import optuna
import pytest
from omegaconf import OmegaConf

from fmnist.errors import ConfigError, FmnistError
from fmnist.sweep.study import samplers
from options import CONF, options

SAMPLERS = [name for name in options("hydra/sweeper/sampler") if name not in ("auto", "grid")]
# Where our default is another one than Optuna's, and why: branches as groups; seeds that scramble; quiet logs.
DEPARTURES = {"multivariate", "group", "scramble", "warn_independent_sampling", "warn_asynchronous_seeding"}


def config(part: str, name: str) -> dict[str, Any]:
    return OmegaConf.to_object(OmegaConf.load(CONF / "hydra" / "sweeper" / part / f"{name}.yaml"))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_is_built_or_its_package_is_named(name: str) -> None:
    values = config("sampler", name)
    kind = values["_target_"].rpartition(".")[2]
    missing = [package for package in samplers.NEEDS.get(kind, ()) if find_spec(package) is None]
    if missing:
        with pytest.raises(FmnistError, match=f"{kind} needs the package {missing[0]}: pip install {missing[0]}"):
            samplers.sampler(values, 1)
    else:
        assert type(samplers.sampler(values, 1)).__name__ == kind


@pytest.mark.parametrize("name", options("hydra/sweeper/pruner"))
def test_a_pruner_is_built(name: str) -> None:
    values = config("pruner", name)
    if name == "threshold":
        values["lower"] = 0.1
    assert type(samplers.pruner(values)).__name__ == values["_target_"].rpartition(".")[2]


@pytest.mark.parametrize(
    ("part", "name"),
    [("sampler", name) for name in SAMPLERS] + [("pruner", name) for name in options("hydra/sweeper/pruner")],
)
def test_the_defaults_are_optunas_own(part: str, name: str) -> None:
    values = config(part, name)
    kind = getattr(getattr(optuna, f"{part}s"), values.pop("_target_").rpartition(".")[2])
    signature = inspect.signature(kind).parameters
    for key, value in values.items():
        default = signature[key].default
        if key not in DEPARTURES and default is not inspect.Parameter.empty:
            assert value == default, key


def test_a_key_that_optuna_does_not_know_is_named() -> None:
    with pytest.raises(ConfigError, match=r"hydra\.sweeper\.pruner=MedianPruner: allowed is other keys: .*bound"):
        samplers.pruner(config("pruner", "median") | {"bound": 1})
