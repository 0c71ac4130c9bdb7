"""Trials of a study as jobs for a runner: overrides in, outcomes out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from optuna.trial import FrozenTrial, Trial, TrialState

from fmnist.sweep.limits import Limits
from fmnist.sweep.program import Outcome
from fmnist.sweep.results.counts import Counts
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.writer import ResultsWriter
from fmnist.sweep.study import attributes
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study.trial_sampler import TrialSampler
from fmnist.sweep.study_config import StudyConfig
from fmnist.sweep.trial import VARIABLE, Handle
from fmnist.terminal.console import echo


@dataclass
class RunningTrial:
    """A trial with the overrides of its jobs (one per seed) that are still to be run, and the others' outcomes."""

    trial: Trial
    overrides: list[str]
    jobs: list[list[str]]
    outcomes: list[Outcome] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class AskTell:
    """Asks the study for trials and tells it how they ended; counts, table and results follow."""

    def __init__(
        self,
        config: StudyConfig,
        queue: TrialQueue,
        folder: Path,
        counts: Counts,
        limits: Limits,
        live_table: LiveTable,
        writer: ResultsWriter,
    ) -> None:
        self.config, self.options, self.queue, self.folder = config, config.options, queue, folder
        self.counts, self.limits, self.live_table, self.writer = counts, limits, live_table, writer
        self.objectives = list(config.objectives)
        self.lost: list[int] = []  # trials whose process died
        self.sampler = TrialSampler(config, queue)

    def ask(self) -> RunningTrial | None:
        """The next trial; None when the queue is empty or no further trial shall start."""
        if self.limits.reached() or (asked := self.sampler.ask()) is None:
            return None
        trial, overrides = asked
        running = RunningTrial(trial, overrides, [self.job(trial, overrides, i) for i in range(self.options.seeds)])
        self.live_table.begin(trial.number, overrides)
        return running

    def has_more(self) -> bool:
        """Whether there is something to ask for after all: a trial whose owner has died meanwhile."""
        return not self.limits.reached() and self.queue.has_orphans()

    def job(self, trial: Trial, overrides: list[str], i: int) -> list[str]:
        """The overrides of the trial's i-th job, and where it belongs."""
        several = self.options.seeds > 1
        subdir = f"{trial.number}/seed-{i}" if several else str(trial.number)
        reports = i == 0 and self.objectives == [self.config.config.get("objective")]
        storage = None if self.options.storage else self.queue.url
        handle = Handle(storage, self.config.name, trial._trial_id, self.options.pruner, reports)
        return [
            *self.config.fixed_overrides,
            *overrides,
            *([f"seed={self.config.config.seed + i}"] if several else []),
            f"hydra.sweep.dir={quote(str(self.folder))}",
            f"hydra.sweep.subdir={quote(subdir)}",
            f"+hydra.job.env_set.{VARIABLE}={quote(handle.text())}",
        ]

    def tell(self, running: RunningTrial) -> None:
        """Record the end of a trial, from the outcomes of its jobs; one whose process died may be started again."""
        trial, outcomes = running.trial, running.outcomes
        last = next((outcome for outcome in outcomes if outcome.state != "COMPLETE"), outcomes[-1])
        if last.disk_full:
            self.limits.disk_full = f"trial {trial.number}: {last.reason}"
            self.live_table.requeue(trial.number)
            self.queue.requeue(trial._trial_id)
            return
        if last.died and trial.user_attrs.get(attributes.ATTEMPTS, 1) <= self.options.retries:
            echo(f"trial {trial.number}: {last.reason}; started again")
            self.live_table.requeue(trial.number)
            self.queue.requeue(trial._trial_id)
            return
        if last.died:
            self.lost.append(trial.number)
        trial.set_user_attr(attributes.FOLDER, str(trial.number))
        trial.set_user_attr(attributes.SECONDS, running.seconds)
        if last.epochs is not None:
            trial.set_user_attr(attributes.EPOCHS, last.epochs)
        if last.reason:
            trial.set_user_attr(attributes.REASON, last.reason)
        values = None
        if last.state == "COMPLETE":
            values = [fmean(outcome.values[name] for outcome in outcomes) for name in self.objectives]
        ended: FrozenTrial = trial.study.tell(trial, values, state=TrialState[last.state])
        self.counts.add(ended)
        result = last.reason if values is None else format_values(self.objectives, values)
        self.live_table.end(trial.number, last.state, result, running.seconds, running.overrides)
        self.writer.write_if_due()


def format_values(names: Sequence[str], values: Sequence[float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in zip(names, values, strict=True))


def quote(text: str) -> str:
    """A value for Hydra's grammar, whatever it contains."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
