"""The options of a config group, read from the YAML files on disk: contract tests pick up a new file."""

import os
from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from fmnist.config.build import build_part
from fmnist.errors import FmnistError
from fmnist.experiment import Experiment, build_experiment

ROOT = Path(__file__).parent.parent
CONF = ROOT / "conf"


def python_path(*folders: Path) -> str:
    """$PYTHONPATH of a child process: these folders, then those of the tests, which may hide Numba."""
    inherited = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return os.pathsep.join([*map(str, folders), *map(os.path.abspath, inherited)])  # a child may run elsewhere


def option_names(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def build(group: str, name: str, /, **changes: Any) -> Any:
    """The part that `group=name group.key=value …` describes; `changes` may also be parts themselves."""
    config = OmegaConf.load(CONF / group / f"{name}.yaml")
    assert isinstance(config, DictConfig)
    parts = {key: value for key, value in changes.items() if key not in config}
    config.update({key: value for key, value in changes.items() if key in config})
    return build_part(group, config, **parts)


def build_or_skip(config: DictConfig) -> Experiment:
    """All parts; the test is skipped if one needs a package that is not here."""
    try:
        return build_experiment(config)
    except FmnistError as error:
        if "is not installed: pip install" not in str(error):
            raise
        pytest.skip(str(error))
