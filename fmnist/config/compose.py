"""The project's config outside of train.py, from the same overrides."""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from fmnist.config import resolvers  # noqa: F401  config.yaml uses them

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
