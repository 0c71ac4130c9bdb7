"""Going on with a run in its folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from fmnist.config.classes import TARGET, classes_in, named_classes
from fmnist.errors import ConfigError, FmnistError
from fmnist.run.stored_config import load_config, read_config
from fmnist.sweep import trial


def is_restarted_trial(folder: Path, config: Mapping[str, Any]) -> bool:
    """Is this a trial of a sweep whose process died over it? Then it goes on where it stopped.

    Raises:
        FmnistError: the folder holds another run than the trial's.
    """
    if not trial.current() or not (folder / "config.yaml").exists():
        return False
    if read_config(folder) != config:
        raise FmnistError(f"{folder} holds another run than this trial")
    return True


def resume_config(config: DictConfig, overrides: Sequence[str], directories: Sequence[Path] = ()) -> DictConfig:
    """The config of the run in the folder `config.resume`, with `trainer.epochs` as given now, if it is given.

    A class that is not the project's must be named again, as `optimizer._target_=my.module.Class` or in one of the
    config `directories`.

    Raises:
        ConfigError: there is no run in the folder, or the command line asks for another run than the one it holds.
        FmnistError: the folder's config.yaml cannot be read, or names a class that the user does not.
    """
    own = named_classes(OmegaConf.to_container(config)).union(*map(classes_in, directories))  # type: ignore[arg-type]
    stored = load_config(Path(config.resume), own, "resume")
    for override in overrides:
        key, _, value = override.partition("=")
        key = key.lstrip("+")
        if key == "trainer.epochs":
            stored.trainer.epochs = config.trainer.epochs
        elif key.endswith(f".{TARGET}"):
            if value != (then := OmegaConf.select(stored, key)):
                raise ConfigError(key, value, f"{then}, the class of the run: it goes on as it began")
        elif key != "resume":
            raise ConfigError(key, value, "only trainer.epochs beside resume: a run goes on as it began")
    return stored
