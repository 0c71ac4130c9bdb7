"""Finished or old runs and sweeps, sent to W&B from their local files as if they had been tracked while they ran."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from os.path import relpath
from pathlib import Path

import optuna

from fmnist.errors import DamagedFile, FmnistError, one_line
from fmnist.files.history import read_history
from fmnist.files.run_folder import read_summary
from fmnist.run.stored import find_runs
from fmnist.sweep.study.states import FINISHED
from fmnist.sweep.study.storage import open_storage
from fmnist.terminal.console import get_console, warn
from fmnist.tracker.description import sweep_folder
from fmnist.tracker.wandb import Wandb
from fmnist.tracker.weights_and_biases.connection import Connection
from fmnist.tracker.weights_and_biases.opening import is_disabled
from fmnist.tracker.weights_and_biases.receipt import Receipt, known_id, read_receipt
from fmnist.tracker.weights_and_biases.run import define_metrics, finish_run, init_arguments, log_row

UNFINISHED = {"state": "unfinished", "reason": "the run was killed, or is still going on"}


def send_missing(folders: Iterable[Path], tracker: Wandb, *, again: bool) -> None:
    """Send what W&B has not got of every run and every study in or below the folders; or all, `again`, as new runs.

    Raises:
        ConfigError: there is no run in one of the folders.
        FmnistError: W&B has failed, or is disabled.
    """
    if is_disabled():
        raise FmnistError("WANDB_MODE=disabled: nothing is sent to W&B")
    runs = [run.folder for run in find_runs(folders, epochs=True)]
    sweeps = dict.fromkeys(sweep for run in runs if (sweep := sweep_folder(run)))
    studies = [sweep for sweep in sweeps if (sweep / "study.journal").exists()]
    online = tracker.is_online()
    had: Counter[str] = Counter()
    sent, waiting, address = list[Path](), list[Path](), ""
    for send, found in ((send_run, runs), (send_study, studies)):
        for folder in found:
            try:
                last = last_step(folder)
                state = read_summary(folder).get("state")
                receipt = tracker.ask(folder, last, state) if online else read_receipt(folder)
                share = receipt.share(last) if receipt else "never"
                had[share] += 1
                if not online and not again and share != "whole" and is_written(folder, receipt, last):
                    waiting.append(folder)
                    continue
                if not again and share == "whole":
                    continue
                connection = send(folder, home(tracker, receipt), None if again else known_id(folder))
            except DamagedFile as error:
                warn(f"skipped: {error}")
                continue
            if connection.failure:
                raise FmnistError(f"{folder}: W&B has failed ({connection.failure}); {len(sent)} runs were sent")
            sent.append(folder)
            address, online = connection.address, connection.online
    counts = f"{had['whole']} whole, {had['in part']} in part, {had['never']} not at all"
    get_console().print(f"{len(runs)} runs and {len(studies)} studies: W&B had {counts}; {len(sent)} sent")
    if online and sent:
        get_console().print(address)
    elif sent or waiting:
        get_console().print(f"offline; {upload_command(sent + waiting)} uploads them")
    for sweep in sweeps.keys() - set(studies):
        get_console().print(f"{relpath(sweep)}: its study lies in a database; only its trials were sent")


def last_step(folder: Path) -> int:
    """The number of epochs of a run, of finished trials of a sweep."""
    if not (folder / "study.journal").exists():
        return len(read_history(folder))
    return sum(trial.state.name in FINISHED for trial in load_study(folder).get_trials(deepcopy=False))


def is_written(folder: Path, receipt: Receipt | None, last: int) -> bool:
    """Is all of it in files of offline runs? Without a receipt, those of an older version, there is no telling."""
    return receipt.written >= last if receipt else known_id(folder) is not None


def home(tracker: Wandb, receipt: Receipt | None) -> Wandb:
    """A run goes on in the project where it began."""
    *entity, project, _ = receipt.path.split("/") if receipt else ("", "")
    return replace(tracker, project=project, entity=entity[0] if entity else None) if project else tracker


def send_run(folder: Path, tracker: Wandb, known: str | None) -> Connection:
    connection = tracker.connect(folder, **init_arguments(folder), id=known, quiet=True)
    connection.submit(define_metrics)
    for row in read_history(folder):
        log_row(connection, row)
    finish_run(connection, read_summary(folder) or UNFINISHED, tracker.tags)
    return connection


def load_study(sweep: Path) -> optuna.Study:
    try:
        storage = open_storage(str(sweep / "study.journal"))
        (name,) = optuna.get_all_study_names(storage)
        return optuna.load_study(study_name=name, storage=storage)
    except Exception as error:  # whatever Optuna makes of a damaged journal
        raise DamagedFile(sweep, f"not a whole study ({type(error).__name__}: {one_line(error)[:200]})") from None


def send_study(sweep: Path, tracker: Wandb, known: str | None) -> Connection:
    study, objectives = load_study(sweep), read_summary(sweep).get("objectives", {})
    if len(objectives) != len(study.directions):
        raise DamagedFile(sweep / "summary.json", "it has other objectives than the study")
    directions, summary = dict(zip(objectives, study.directions, strict=True)), read_summary(sweep)
    run = tracker.open_study(sweep, study.study_name, directions, id=known, quiet=True)
    run.show(study.get_trials(deepcopy=False), summary, end="finished")
    return run.connection


def upload_command(folders: list[Path]) -> str:
    """One pattern for the trials of a sweep."""
    patterns = dict.fromkeys(
        relpath(sweep_folder(folder) or folder) + "/*" * bool(sweep_folder(folder)) for folder in folders
    )
    return "wandb sync " + " ".join(f"{pattern}/wandb/offline-run-*" for pattern in patterns)
