"""Samplers and pruners: Optuna's, from the options of hydra/sweeper/sampler and hydra/sweeper/pruner."""

import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from hydra.utils import instantiate
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from fmnist.errors import ConfigError, FmnistError, one_line, shorten, show

# Keys of an option that are the sweeper's own; all are optional.
REQUIRES = "_requires_"  # packages that Optuna imports late, in the middle of a search
GRID = "_grid_"  # of a sampler, instead of sampling: always, or auto (where the command line gives only choices)
ONE_SEED = "_one_seed_"  # of a sampler whose points are one sequence: the seed is the same for all trials
ONE_OF = "_one_of_"  # keys that are null by default, of which the user has to set one

ATTEMPT = 1_000_003  # between the seeds of two attempts at a point; no study has so many trials


def build_pruner(config: dict[str, Any]) -> BasePruner:
    return instantiate_option("pruner", BasePruner, config)


def build_sampler(config: dict[str, Any], seed: int, number: int = 0, attempt: int = 0) -> BaseSampler:
    """The sampler for one attempt at the point of the trial of this number."""
    own = 0 if config.get(ONE_SEED) else number + attempt * ATTEMPT
    return instantiate_option("sampler", BaseSampler, config, seed=seed + own)


def instantiate_option(group: str, kind: type, config: Mapping[str, Any], **arguments: Any) -> Any:
    """The object of a `kind` that an option of hydra/sweeper/GROUP describes.

    Raises:
        FmnistError: it needs a package that is not installed.
        ConfigError: it does not take a key.
    """
    where, target = f"hydra.sweeper.{group}", config.get("_target_")
    if "_target_" not in config:
        raise ConfigError(where, dict(config), f"keys that include {where}._target_, the full name of a class")
    if not isinstance(target, str):
        raise ConfigError(f"{where}._target_", target, "the full name of a class, such as optuna.samplers.TPESampler")
    packages, names = config.get(REQUIRES, []), config.get(ONE_OF, [])
    for own, listed in {REQUIRES: packages, ONE_OF: names}.items():
        if not (isinstance(listed, list) and all(isinstance(item, str) for item in listed)):
            raise ConfigError(f"{where}.{own}", listed, "a list of names")
    name = target.rpartition(".")[2]
    for package in packages:
        if find_spec(package) is None:
            raise FmnistError(f"hydra/sweeper/{group}: {name} needs the package {package}: pip install {package}")
    if names and all(config.get(key) is None for key in names):
        raise ConfigError(f"{where}.{names[0]}", None, f"a value; {name} needs one of {', '.join(names)}")
    values = {key: value for key, value in config.items() if key not in (REQUIRES, GRID, ONE_SEED, ONE_OF)}
    try:
        built = make(values, arguments)
    except Exception as error:  # of whatever class the option names
        reason = one_line(error.__cause__ or error)
        key = culprit(values, arguments)
        if key is None:
            keys = " ".join(f"{where}.{name}={shorten(show(value))}" for name, value in values.items())
            raise FmnistError(f"{keys}: {reason}") from None
        raise ConfigError(f"{where}.{key}", values[key], f"what {target} takes ({reason})") from None
    if not isinstance(built, kind):
        raise ConfigError(f"{where}._target_", target, f"a class that is a {kind.__name__}")
    return built


def make(values: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # the user has chosen it
        return instantiate(dict(values), **arguments)


def culprit(values: Mapping[str, Any], arguments: Mapping[str, Any]) -> str | None:
    """The key without which the object can be built; None if there is none."""
    for key in values:
        if key != "_target_":
            try:
                make({name: value for name, value in values.items() if name != key}, arguments)
            except Exception:
                continue
            return key
    return None
