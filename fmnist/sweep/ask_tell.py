"""Trials of a study as jobs for a worker: overrides in, outcomes out."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from optuna.trial import Trial, TrialState

from fmnist.sweep.limits import Limits
from fmnist.sweep.program import Outcome
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.writer import Writer
from fmnist.sweep.space.values import quote
from fmnist.sweep.study import attributes
from fmnist.sweep.study.heartbeat import Heartbeat
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study.trial_sampler import TrialSampler
from fmnist.sweep.study_config import StudyConfig
from fmnist.sweep.trial import VARIABLE, Handle, LeaseLost
from fmnist.terminal.console import echo


@dataclass
class RunningTrial:
    """A trial with the overrides of its jobs (one per seed) that are still to be run, and the others' outcomes."""

    trial: Trial
    token: str  # of its lease
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
        heartbeat: Heartbeat,
        folder: Path,
        limits: Limits,
        live_table: LiveTable,
        writer: Writer,
    ) -> None:
        self.config, self.options, self.queue, self.heartbeat = config, config.options, queue, heartbeat
        self.folder, self.limits, self.live_table, self.writer = folder, limits, live_table, writer
        self.objectives = list(config.objectives)
        self.sampler = TrialSampler(config, queue)

    def ask(self) -> RunningTrial | None:
        """The next trial; None when the queue is empty or no further trial shall start."""
        self.limits.counts.refresh(self.queue.study)
        if self.limits.reached() or (asked := self.sampler.ask()) is None:
            return None
        trial, overrides = asked
        token = self.queue.held[trial._trial_id]
        jobs = [self.job(trial, token, overrides, i) for i in range(self.options.seeds)]
        running = RunningTrial(trial, token, overrides, jobs)
        if trial.user_attrs[attributes.ATTEMPTS] > 1:
            how = "goes on in" if (self.folder / str(trial.number)).exists() else "starts again, for here is no"
            echo(f"trial {trial.number} {how} {self.folder / str(trial.number)}")
        self.live_table.begin(trial.number, overrides)
        return running

    def is_done(self) -> bool:
        """Whether there is nothing left to wait for: all trials have ended, or no further one shall start."""
        if self.limits.reached():
            return True
        self.queue.requeue_expired()
        return self.queue.is_done()

    def job(self, trial: Trial, token: str, overrides: list[str], i: int) -> list[str]:
        """The overrides of the trial's i-th job, and where it belongs."""
        several = self.options.seeds > 1
        subdir = f"{trial.number}/seed-{i}" if several else str(trial.number)
        reports = i == 0 and self.objectives == [self.config.config.get("objective")]
        storage = None if self.options.storage else self.queue.url
        handle = Handle(storage, self.config.name, trial._trial_id, token, self.options.pruner, reports)
        return [
            *self.config.fixed_overrides,
            *overrides,
            *([f"seed={self.config.config.seed + i}"] if several else []),
            f"hydra.sweep.dir={quote(str(self.folder))}",
            f"hydra.sweep.subdir={quote(subdir)}",
            f"+hydra.job.env_set.{VARIABLE}={quote(handle.text())}",
        ]

    def tell(self, running: RunningTrial, last: Outcome) -> None:
        """Record the end of a trial from the outcome of its last job and of those before.

        One that was handed back, or whose process died and may be started again, waits for its next owner.
        """
        trial = running.trial
        try:
            with self.queue.release(trial._trial_id, running.token):
                if self.goes_on(running, last):
                    self.queue.requeue(trial._trial_id)
                    self.live_table.requeue(trial.number)
                else:
                    self.end(running, last)
        except LeaseLost:
            self.drop(running)
        self.writer.write_if_due()

    def goes_on(self, running: RunningTrial, last: Outcome) -> bool:
        """Whether the trial is to be run on."""
        trial = running.trial
        if last.disk_full:
            self.limits.disk_full = f"trial {trial.number}: {last.reason}"
        if last.died:
            deaths = trial.user_attrs.get(attributes.DEATHS, 0) + 1
            trial.set_user_attr(attributes.DEATHS, deaths)
            if deaths <= self.options.retries:
                echo(f"trial {trial.number}: {last.reason}; started again")
                return True
        return last.disk_full or last.handed_back or (last.state == "COMPLETE" and bool(running.jobs))

    def end(self, running: RunningTrial, last: Outcome) -> None:
        trial = running.trial
        trial.set_user_attr(attributes.FOLDER, str(trial.number))
        trial.set_user_attr(attributes.SECONDS, running.seconds)
        if last.epochs is not None:
            trial.set_user_attr(attributes.EPOCHS, last.epochs)
        if last.reason:
            trial.set_user_attr(attributes.REASON, last.reason)
        values = None
        if last.state == "COMPLETE":
            values = [fmean(one.values[name] for one in [*running.outcomes, last]) for name in self.objectives]
        ended = trial.study.tell(trial, values, state=TrialState[last.state])
        self.limits.counts.add(ended)
        self.live_table.end(ended)

    def is_lost(self, running: RunningTrial) -> bool:
        """Whether the trial has been taken over: by another process, or by this one, for the lease had expired."""
        return running.token in self.heartbeat.lost or self.queue.held.get(running.trial._trial_id) != running.token

    def drop(self, running: RunningTrial) -> None:
        """Leave a lost trial to its new owner."""
        self.heartbeat.lost.discard(running.token)
        self.queue.forget(running.trial._trial_id, running.token)
        self.live_table.requeue(running.trial.number)
        echo(f"trial {running.trial.number}: its lease was lost; whoever took it over runs it")
