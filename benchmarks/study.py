"""A whole sweep as a process, and the trials of its study."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import optuna
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial
from process import TRAIN, Run, run
from results import Result


@dataclass(frozen=True)
class Sweep(Run):
    folder: Path

    @property
    def trials(self) -> list[FrozenTrial]:
        with load_study(str(self.folder / "study.journal")) as study:
            return study.get_trials(deepcopy=False)

    @property
    def spans(self) -> list[tuple[float, float]]:
        return spans(self.trials)

    @property
    def summaries(self) -> list[Result]:
        """Of the trials that have not failed."""
        return [json.loads(file.read_text()) for file in self.folder.glob("*/summary.json")]

    @property
    def training(self) -> float:
        """The seconds of all trials' epochs alone."""
        return sum(summary["seconds"] for summary in self.summaries)

    def row(self) -> Result:
        return {
            "seconds": self.seconds,
            "cpu": self.cpu,
            "seconds_per_trial": fmean(end - begin for begin, end in self.spans),
            "others": self.others,
        }


def sweep(folder: Path, overrides: Sequence[str], command: Sequence[str | Path] = TRAIN, **env: str) -> Sweep:
    """Run `train.py -m` with these overrides into a folder."""
    ended = run([*command, "-m", *overrides, f"hydra.sweep.dir={folder}"], folder.with_suffix(".log"), **env)
    return Sweep(**asdict(ended), folder=folder)


def spans(trials: Sequence[FrozenTrial]) -> list[tuple[float, float]]:
    """When each trial began and ended, in seconds."""
    dates = [(trial.datetime_start, trial.datetime_complete) for trial in trials]
    return [(begin.timestamp(), end.timestamp()) for begin, end in dates if begin and end]


@contextmanager
def load_study(url: str) -> Iterator[optuna.Study]:
    """The only study of a journal or a database, which is closed behind it."""
    database = None if url.endswith(".journal") else RDBStorage(url)
    storage = database or JournalStorage(JournalFileBackend(url))
    (name,) = optuna.get_all_study_names(storage)
    try:
        yield optuna.load_study(study_name=name, storage=storage)
    finally:
        if database:
            database.engine.dispose()


def ratios(rows: Sequence[Result], to: Sequence[Result], key: str = "seconds") -> list[float]:
    """Of two measurements round by round."""
    return [a[key] / b[key] for a, b in zip(rows, to, strict=True)]
