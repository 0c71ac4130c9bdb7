"""Going on with a run in its folder."""

from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from fmnist.errors import ConfigError, FmnistError
from fmnist.sweep import trial


def is_restarted_trial(folder: Path, config: DictConfig) -> bool:
    """Is this a trial of a sweep whose process died over it? Then it goes on where it stopped.

    Raises:
        FmnistError: the folder holds another run than the trial's.
    """
    file = folder / "config.yaml"
    if not trial.current() or not file.exists():
        return False
    if OmegaConf.load(file) != OmegaConf.create(OmegaConf.to_container(config, resolve=True)):
        raise FmnistError(f"{folder} holds another run than this trial")
    return True


def resume_config(config: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """The config of the run in the folder `config.resume`, with `trainer.epochs` as given now, if it is given.

    Raises:
        ConfigError: there is no run in the folder, or the command line asks for another run than the one it holds.
    """
    file = Path(config.resume) / "config.yaml"
    if not file.exists():
        raise ConfigError("resume", config.resume, "the folder of a run, with its config.yaml")
    stored = OmegaConf.load(file)
    assert isinstance(stored, DictConfig)
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "trainer.epochs":
            stored.trainer.epochs = config.trainer.epochs
        elif key != "resume":
            raise ConfigError(key, value, "only trainer.epochs beside resume: a run goes on as it began")
    return stored
