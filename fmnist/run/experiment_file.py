"""An experiment file from a run's folder: `experiment=best` gives the run's config again, exactly."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from fmnist.config.values import plain_value
from fmnist.files.yaml import read_mapping
from fmnist.run.stored_config import read_config

# Where a run lies and how it was called, not what it is.
NOT_THE_RUN = ("resume", "study", "hydra", "paths", "experiment", "debug", "sweep")


def experiment_text(
    folder: Path, compose: Callable[[list[str]], DictConfig], name: str = "best", home: Path | None = None
) -> str:
    """The options that differ from the default ones, then the keys that differ from those of the options.

    The file will be HOME/experiment/NAME.yaml; without `home`, that is the folder above the run's.
    `compose(["optimizer=nadam"])` is the config that the command line gives for these overrides.

    Raises:
        ConfigError: there is no run in the folder.
    """
    run = {key: value for key, value in read_config(folder).items() if key not in NOT_THE_RUN}
    # An option that is null counts as the default one: the keys tell the rest.
    choices = {key: value for key, value in read_mapping(folder / "choices.yaml").items() if key in run and value}
    defaults = values(compose([]), run)
    chosen = values(compose([f"{group}={option}" for group, option in choices.items()]), run)

    overrides, changes = {}, {}
    for key, value in run.items():
        if misses(value, chosen.get(key)):  # a file cannot take a key away, only leave out the option that brings it
            overrides[key], changes[key] = "null", value
            continue
        if key in choices and not same(chosen[key], defaults[key]):
            overrides[key] = choices[key]
        if key not in chosen or not same(value, chosen[key]):
            changes[key] = difference(value, chosen.get(key))

    command = shlex.join(["python", "train.py", "--config-dir", str(home or folder.parent), f"experiment={name}"])
    text = f"# @package _global_\n# {command}\n"
    if overrides:
        text += "defaults:\n" + "".join(f"  - override /{group}: {option}\n" for group, option in overrides.items())
    if overrides and changes:
        text += "\n"
    return text + (OmegaConf.to_yaml(changes) if changes else "")


def values(config: DictConfig, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The named keys as plain data; the others (Hydra's own) may hold what cannot be resolved here."""
    return {key: plain_value(config, key) for key in keys if key in config}


def same(a: object, b: object) -> bool:
    """Written alike: 1, 1.0 and true are three values, NaN is itself."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return repr(a) == repr(b)


def misses(run: object, option: object) -> bool:
    """Does the option have a key, at any depth, that the run has not?"""
    if not (isinstance(run, dict) and isinstance(option, dict)):
        return False
    return bool(option.keys() - run.keys()) or any(misses(run[key], option[key]) for key in option)


def difference(run: Any, option: Any) -> Any:
    """The part of `run` that, laid over `option`, gives `run`."""
    if not (isinstance(run, dict) and isinstance(option, dict)):
        return run
    return {
        key: difference(value, option.get(key))
        for key, value in run.items()
        if key not in option or not same(value, option[key])
    }
