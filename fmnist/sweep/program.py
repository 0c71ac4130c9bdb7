"""What the sweeper needs of the program that it runs: one protocol, and the outcome of a job."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from omegaconf import DictConfig

from fmnist.errors import DISK_FULL

if TYPE_CHECKING:
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial

Compose = Callable[[list[str]], DictConfig]  # compose(["optimizer=adam"]): the config for these overrides


@dataclass(frozen=True)
class Outcome:
    """What came of a job.

    state: Optuna's name of the state.  values: the objectives of a complete job.  epochs: how many were trained.
    reason: why it was pruned or failed, in one line.  died: its process ended without a result.
    disk_full: no fault of its own; once there is room it can go on.
    handed_back: it was asked to stop, and can go on elsewhere.
    """

    state: Literal["COMPLETE", "PRUNED", "FAIL"]
    values: Mapping[str, float] = field(default_factory=dict)
    epochs: int | None = None
    reason: str = ""
    died: bool = False
    disk_full: bool = False
    handed_back: bool = False


def complete(values: Mapping[str, Any], epochs: int | None = None) -> Outcome:
    """A complete job, or a failed one if a value is not a finite number."""
    for name, value in values.items():
        if not isinstance(value, int | float):
            return failed(f"{name} is {value!r}, not a number")
        if not isfinite(value):
            return failed(f"diverged: {name} is {value}")
    return Outcome("COMPLETE", values, epochs)


def failed(reason: str, *, died: bool = False) -> Outcome:
    return Outcome("FAIL", reason=" ".join(reason.split()), died=died)


def failed_by(error: BaseException) -> Outcome:
    """One line is all that survives every launcher."""
    disk_full = isinstance(error, OSError) and error.errno in DISK_FULL
    return replace(failed(f"{type(error).__name__}: {error}"), disk_full=disk_full)


class Observer(Protocol):
    """Follows a study while it runs."""

    def show(self, trials: Sequence["FrozenTrial"], summary: Mapping[str, Any], *, end: str = "") -> None:
        """Called after each writing of the results; `end` is finished, failed or interrupted at the last one."""
        ...


class Program(Protocol):
    """An instance goes to the processes of the workers: it has to be picklable."""

    command: Sequence[str]  # what starts the program: ("python", "train.py")

    def check(self, config: DictConfig) -> None:
        """Raise a `ConfigError` for a config that cannot be run. Called once, before anything starts."""
        ...

    def higher_is_better(self, metric: str) -> bool: ...

    def outcome(self, folder: Path, objectives: Sequence[str], epoch: str) -> Outcome | None:
        """What the files in a job's folder say; None if there are none, and the task's return value counts.

        epoch: best or last, the epoch whose metrics count.
        """
        ...

    def experiment_text(self, folder: Path, home: Path, compose: Compose) -> str:
        """The experiment file HOME/experiment/best.yaml that repeats the run in a job's folder.

        Raises:
            FmnistError: there is no run in the folder.
        """
        ...

    def observer(
        self, config: DictConfig, folder: Path, study: str, objectives: Mapping[str, "StudyDirection"], n_finished: int
    ) -> Observer | None:
        """The observer of the study in a sweep's folder, with `n_finished` trials so far; None if there is none."""
        ...
