"""Samplers and pruners: Optuna's own, from their config groups."""

import warnings
from importlib.util import find_spec
from typing import Any

import optuna
from hydra.errors import InstantiationException
from hydra.utils import instantiate

from fmnist.errors import ConfigError, FmnistError, one_line

# Optuna imports them late, in the middle of a search.
NEEDS = {"GPSampler": ("scipy", "torch"), "CmaEsSampler": ("cmaes",), "QMCSampler": ("scipy",)}


def sampler(config: dict[str, Any], seed: int) -> optuna.samplers.BaseSampler:
    """The sampler of a config; a grid needs none, for its points are all queued.

    Raises:
        FmnistError: it needs a package that is not installed, or does not take a key.
    """
    if "_target_" not in config:
        return optuna.samplers.RandomSampler(seed=seed)
    return built("sampler", config, seed=seed)


def pruner(config: dict[str, Any]) -> optuna.pruners.BasePruner:
    return built("pruner", config)


def built(part: str, config: dict[str, Any], **more: Any) -> Any:
    name = config["_target_"].rpartition(".")[2]
    for package in NEEDS.get(name, ()):
        if find_spec(package) is None:
            raise FmnistError(f"hydra/sweeper/{part}: {name} needs the package {package}: pip install {package}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # the config asks for it knowingly
            return instantiate(config, **more)
    except InstantiationException as error:
        cause = error.__cause__ or error
        raise ConfigError(f"hydra.sweeper.{part}", name, f"other keys: {one_line(cause)}") from None
