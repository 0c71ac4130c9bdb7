"""Finished or old runs and sweeps, sent to W&B from their local files as if they had been tracked while they ran."""

from collections.abc import Iterable
from os.path import relpath
from pathlib import Path

import optuna

from fmnist.errors import DamagedFile, FmnistError, one_line
from fmnist.files.history import read_history
from fmnist.files.run_folder import read_summary
from fmnist.run.stored import find_runs
from fmnist.sweep.study.storage import open_storage
from fmnist.terminal.console import console, warn
from fmnist.tracker.description import sweep_folder
from fmnist.tracker.wandb import Wandb
from fmnist.tracker.weights_and_biases.connection import Connection, is_disabled, last_id
from fmnist.tracker.weights_and_biases.run import define_metrics, finish_run, init_arguments, log_row

UNFINISHED = {"state": "unfinished", "reason": "the run was killed, or is still going on"}


def replay(folders: Iterable[Path], tracker: Wandb, *, again: bool) -> None:
    """Send every run and every study in or below the folders to W&B; those it has only if `again`.

    Raises:
        ConfigError: there is no run in one of the folders.
        FmnistError: W&B has failed, or is disabled.
    """
    if is_disabled():
        raise FmnistError("WANDB_MODE=disabled: nothing is sent to W&B")
    runs = [run.folder for run in find_runs(folders, epochs=True)]
    sweeps = dict.fromkeys(sweep for run in runs if (sweep := sweep_folder(run)))
    studies = [sweep for sweep in sweeps if (sweep / "study.journal").exists()]
    sent: list[Path] = []
    skipped: list[Path] = []
    for send, found in ((send_run, runs), (send_study, studies)):
        for folder in found:
            if again or not last_id(folder):
                try:
                    connection = send(folder, tracker)
                except DamagedFile as error:
                    warn(f"skipped: {error}")
                    skipped.append(folder)
                    continue
                if connection.failure:
                    raise FmnistError(f"{folder}: W&B has failed ({connection.failure}); {len(sent)} runs were sent")
                sent.append(folder)
                address = connection.address
    console().print(f"{len(runs)} runs and {len(studies)} studies, {len(sent)} of them sent to W&B")
    if sent:
        console().print(address if address.startswith("http") else f"offline; {upload_command(sent)} uploads them")
    if len(sent) + len(skipped) < len(runs) + len(studies):
        console().print("W&B has the others; --again sends them once more")
    for sweep in sweeps.keys() - set(studies):
        console().print(f"{relpath(sweep)}: its study lies in a database; only its trials were sent")


def send_run(folder: Path, tracker: Wandb) -> Connection:
    connection = tracker.connect(folder, **init_arguments(folder), quiet=True)
    connection.submit(define_metrics)
    for row in read_history(folder):
        log_row(connection, row)
    finish_run(connection, read_summary(folder) or UNFINISHED, tracker.tags)
    return connection


def send_study(sweep: Path, tracker: Wandb) -> Connection:
    summary = read_summary(sweep)
    try:
        storage = open_storage(str(sweep / "study.journal"))
        (name,) = optuna.get_all_study_names(storage)
        study = optuna.load_study(study_name=name, storage=storage)
        directions = dict(zip(summary["objectives"], study.directions, strict=True))
    except Exception as error:  # whatever Optuna makes of a damaged journal
        raise DamagedFile(sweep, f"not a whole study ({type(error).__name__}: {one_line(error)[:200]})") from None
    run = tracker.open_study(sweep, name, directions, quiet=True)
    run.show(study.get_trials(deepcopy=False), summary, end="finished")
    return run.connection


def upload_command(folders: list[Path]) -> str:
    """One pattern for the trials of a sweep."""
    patterns = dict.fromkeys(
        relpath(sweep_folder(folder) or folder) + "/*" * bool(sweep_folder(folder)) for folder in folders
    )
    return "wandb sync " + " ".join(f"{pattern}/wandb/*run-*" for pattern in patterns)
