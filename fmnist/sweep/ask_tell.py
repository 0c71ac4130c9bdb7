"""Trials of a study as jobs for a runner: overrides in, outcomes out."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from optuna.trial import FrozenTrial, Trial, TrialState

from fmnist.sweep.limits import Limits
from fmnist.sweep.results.counts import Counts
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.writer import ResultsWriter
from fmnist.sweep.study import attributes
from fmnist.sweep.study.pruners import build_pruner
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study.trial_sampler import TrialSampler
from fmnist.sweep.study_config import StudyConfig
from fmnist.sweep.trial import VARIABLE, Handle
from fmnist.sweep.workers.running_trial import RunningTrial, Trials
from fmnist.terminal.console import echo


class AskTell(Trials):
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
        self.sampler = TrialSampler(
            queue,
            config.space,
            config.fixed,
            config.sampler_for,
            build_pruner(self.options.pruner),
            duplicates=self.options.duplicates,
        )

    def ask(self) -> RunningTrial | None:
        if self.limits.reached() or (asked := self.sampler.ask()) is None:
            return None
        trial, overrides = asked
        running = RunningTrial(trial, overrides, [self.job(trial, overrides, i) for i in range(self.options.seeds)])
        self.live_table.begin(trial.number, overrides)
        return running

    def has_more(self) -> bool:
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
        """Record the end of a trial; one whose process died may be started again."""
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
