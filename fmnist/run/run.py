"""A run's folder: claimed by one process alone, and the record of what was asked, on what, and what came out."""

import logging
import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from fmnist.errors import ConfigError, FmnistError
from fmnist.files import atomic
from fmnist.files.lock import lock_folder
from fmnist.run.environment import collect_environment
from fmnist.sweep import trial
from fmnist.terminal.console import log


class Run:
    """A context: entering claims the folder and writes what is known before the training, leaving gives it back.

    config.yaml (resolved), overrides.yaml, choices.yaml (the option of each group), command.txt, environment.json,
    train.log. Metrics come from the tracker, checkpoints from a callback, summary.json from `Record`.

    Raises, on entering:
        FmnistError: another process trains in the folder, or it already holds a run and `resume` is false.
    """

    def __init__(
        self,
        folder: Path,
        config: DictConfig,
        overrides: Sequence[str],
        choices: Mapping[str, str],
        *,
        engine: str,
        resume: bool,
    ) -> None:
        self.folder, self.engine, self.resume, self.overrides = folder, engine, resume, overrides
        self.config: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
        self.choices = {group: option for group, option in choices.items() if group in self.config}

    def __enter__(self) -> "Run":
        self.lock = ExitStack()
        self.lock.enter_context(lock_folder(self.folder))
        try:
            self.claim()
            self.write()
        except BaseException:
            self.lock.close()
            raise
        return self

    def claim(self) -> None:
        if self.resume:
            stored = OmegaConf.load(self.folder / "choices.yaml")
            self.choices = {str(group): str(option) for group, option in stored.items()}
        elif (self.folder / "config.yaml").exists():
            raise FmnistError(f"{self.folder} already holds a run; resume={self.folder} goes on with it")

    def write(self) -> None:
        words = [sys.argv[0], *self.overrides] if trial.current() else sys.argv
        command = shlex.join(["python", *words])
        if not self.resume:
            atomic.write_text(self.folder / "overrides.yaml", OmegaConf.to_yaml(list(self.overrides)))
            atomic.write_text(self.folder / "choices.yaml", OmegaConf.to_yaml(self.choices))
            atomic.write_text(self.folder / "command.txt", command + "\n")
        seeds = {"seed": self.config["seed"], "dataset.split_seed": self.config["dataset"].get("split_seed")}
        atomic.write_json(self.folder / "environment.json", collect_environment(self.engine) | {"seeds": seeds})
        # Last: from here on the folder holds a run.
        atomic.write_text(self.folder / "config.yaml", OmegaConf.to_yaml(self.config))

        self.log = logging.FileHandler(self.folder / "train.log", encoding="utf-8")
        self.log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(self.log)
        log.info(command)

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        log.removeHandler(self.log)
        self.log.close()
        self.lock.close()


def again(folder: Path, config: DictConfig) -> bool:
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


def resumed(config: DictConfig, overrides: Sequence[str]) -> DictConfig:
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
