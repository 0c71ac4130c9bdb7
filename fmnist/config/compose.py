"""The project's config outside of train.py, from the same overrides."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from fmnist.config import resolvers  # noqa: F401  config.yaml uses them
from fmnist.errors import show

CONF = Path(__file__).with_name("conf")  # a link to the folder conf/ that users see; in a wheel, the folder itself


def compose_config(overrides: Sequence[str]) -> DictConfig:
    """The config of `python train.py OVERRIDES`.

    Raises:
        HydraException: an override cannot be read, or names an option or a key that does not exist.
    """
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=list(overrides))


def default_options() -> dict[str, str]:
    """The option of each group that `python train.py` takes without overrides."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return dict(compose("config", return_hydra_config=True).hydra.runtime.choices)


def chosen_options(config: Mapping[str, Any], choices: Mapping[str, str]) -> dict[str, str]:
    """The option of each group, as typed.

    Hydra does not name the options of a group that is a list, as tracker=[wandb,mlflow]; its keys do.
    """
    lists = {group: show(list(section)) for group, section in config.items() if isinstance(section, dict)}
    return {group: option for group, option in {**lists, **choices}.items() if group in config}
