"""Finished or old runs and sweeps, told to W&B from their local files as if they had been tracked while they ran."""

import json
from collections.abc import Iterable
from os.path import relpath
from pathlib import Path

import optuna

from fmnist.errors import FmnistError
from fmnist.run.stored import find_runs
from fmnist.sweep.mirror import open_mirror
from fmnist.sweep.study.storage import open_storage
from fmnist.terminal.console import console
from fmnist.tracker.connection import Connection, is_disabled, known_id
from fmnist.tracker.description import described, history, sweep_of
from fmnist.tracker.wandb import Wandb, close, define

UNFINISHED = {"state": "unfinished", "reason": "the run was killed, or is still going on"}


def mirror(folders: Iterable[Path], settings: Wandb, *, again: bool) -> None:
    """Tell W&B every run and every study in or below the folders; those it has only if `again`.

    Raises:
        ConfigError: there is no run in one of the folders.
        FmnistError: W&B has failed, or is disabled.
    """
    if is_disabled():
        raise FmnistError("WANDB_MODE=disabled: nothing is told to W&B")
    runs = [run.folder for run in find_runs(folders)]
    sweeps = dict.fromkeys(sweep for run in runs if (sweep := sweep_of(run)))
    studies = [sweep for sweep in sweeps if (sweep / "study.journal").exists()]
    told: list[Path] = []
    for tell, found in ((tell_run, runs), (tell_study, studies)):
        for folder in found:
            if again or not known_id(folder):
                connection = tell(folder, settings)
                if connection.trouble:
                    raise FmnistError(f"{folder}: W&B has failed ({connection.trouble}); {len(told)} runs were told")
                told.append(folder)
                where = connection.where
    console().print(f"{len(runs)} runs and {len(studies)} studies, {len(told)} of them told to W&B")
    if told:
        console().print(where if where.startswith("http") else f"offline; {upload(told)} uploads them")
    if len(told) < len(runs) + len(studies):
        console().print("W&B has the others; --again tells them once more")
    for sweep in sweeps.keys() - set(studies):
        console().print(f"{relpath(sweep)}: its study lies in a database; only its trials were told")


def tell_run(folder: Path, settings: Wandb) -> Connection:
    connection = settings.connect(folder, **described(folder), quiet=True)
    connection.do(define)
    for row in history(folder):
        connection.do(lambda run, row=row: run.log(row, step=int(row["epoch"]), commit=True))  # type: ignore[misc]
    file = folder / "summary.json"
    close(connection, json.loads(file.read_text()) if file.exists() else UNFINISHED, settings.tags)
    return connection


def tell_study(sweep: Path, settings: Wandb) -> Connection:
    storage = open_storage(str(sweep / "study.journal"))
    (name,) = optuna.get_all_study_names(storage)
    study = optuna.load_study(study_name=name, storage=storage)
    summary = json.loads((sweep / "summary.json").read_text())
    directions = dict(zip(summary["objectives"], study.directions, strict=True))
    mirror = open_mirror(settings, sweep, name, directions, quiet=True)
    mirror.show(study.get_trials(deepcopy=False), summary, end="finished")
    return mirror.connection


def upload(folders: list[Path]) -> str:
    """One pattern for the trials of a sweep."""
    patterns = dict.fromkeys(relpath(sweep_of(folder) or folder) + "/*" * bool(sweep_of(folder)) for folder in folders)
    return "wandb sync " + " ".join(f"{pattern}/wandb/*run-*" for pattern in patterns)
