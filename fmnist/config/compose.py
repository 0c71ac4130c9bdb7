"""The project's config outside train.py, from the same words."""

from collections.abc import Sequence
from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

CONF = Path(__file__).with_name("conf")  # the link to the folder that users see; in a wheel, the folder itself


def compose_config(words: Sequence[str]) -> DictConfig:
    """What `python train.py WORDS` would run.

    Raises:
        HydraException: a word is no override, or names what there is not; `shell` makes one line of it.
    """
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=list(words))


def default_options() -> dict[str, str]:
    """The option of each group that `python train.py` takes without a word."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return dict(compose("config", return_hydra_config=True).hydra.runtime.choices)
