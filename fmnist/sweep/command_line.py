"""The command line of a sweep, kept in its study: whoever wants to take part needs storage and study, nothing else."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from optuna.study import Study

from fmnist.errors import FmnistError
from fmnist.sweep.space.values import quote
from fmnist.sweep.study.trial_queue import TrialQueue

COMMAND = "command"  # user attribute of the study
# What belongs to the process that began the sweep, and not to the study.
OWN = ("study", "hydra.mode", "hydra.sweep.dir", "hydra.sweeper.storage", "hydra.sweeper.n_jobs", "hydra/launcher")


def store_command(queue: TrialQueue, overrides: Sequence[str], config: DictConfig) -> None:
    """Keep the overrides, the names of config and config directory, and the sweep's folder; no storage's password."""
    shared = [each for each in [*overrides, *config.hydra.overrides.hydra] if not is_own(each)]
    sources = [one.path for one in config.hydra.runtime.config_sources if one.provider == "command-line"]
    name = config.hydra.job.config_name
    command = {"script": os.path.abspath(sys.argv[0]), "overrides": shared, "folder": config.hydra.sweep.dir}
    queue.study.set_user_attr(COMMAND, command | {"config_name": name, "config_dirs": sources})


def is_own(override: str) -> bool:
    key = override.lstrip("+~").partition("=")[0]
    return key in OWN or key.startswith("hydra.launcher.")


def worker_arguments(study: Study, url: str, n_jobs: int) -> list[str]:
    """The words behind `python` with which a worker takes part: the script in this folder, or the sweep's own.

    Raises:
        FmnistError: the study has no sweep's command, or its script is not here.
    """
    command: dict[str, Any] | None = study.user_attrs.get(COMMAND)
    if command is None:
        raise FmnistError(f"study={study.study_name} is not one of a sweep that `-m` or sweep= has begun")
    script = Path(command["script"])
    if not (here := Path(script.name)).exists() and not script.exists():
        raise FmnistError(f"study={study.study_name} was begun with {script.name}, which is not in this folder")
    directories = [word for path in command["config_dirs"] for word in ("--config-dir", path) if Path(path).is_dir()]
    return [
        str(here if here.exists() else script),
        *directories,
        *("--config-name", command["config_name"]),
        *command["overrides"],
        f"study={quote(study.study_name)}",
        "hydra.mode=MULTIRUN",
        f"hydra.sweep.dir={quote(command['folder'])}",
        f"hydra.sweeper.storage={quote(url)}",
        f"hydra.sweeper.n_jobs={n_jobs}",
        "hydra.sweeper.worker=true",
    ]
