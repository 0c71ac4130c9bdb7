"""The search itself: trials are taken from the queue, run somewhere, and every end is told to the study."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig
from optuna.trial import FrozenTrial, Trial, TrialState

from fmnist.errors import FmnistError
from fmnist.sweep import trial as handles
from fmnist.sweep.limits import Limits
from fmnist.sweep.mirror import Mirror, mirror
from fmnist.sweep.results.counts import Counts
from fmnist.sweep.results.experiment_file import experiment_text
from fmnist.sweep.results.final_summary import print_final_summary
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.results import write_results
from fmnist.sweep.study import attributes as trials
from fmnist.sweep.study import samplers
from fmnist.sweep.study.proposals import Proposals
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.workers.job import Job, Outcome
from fmnist.terminal.console import echo

if TYPE_CHECKING:
    from fmnist.sweep.sweeper import Plan

RESULTS_EVERY = 5.0  # seconds between two writings of the results while trials end …
RESULTS_SHARE = 0.02  # … or as much longer as it takes for them to cost no more than this share of the time
STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


@dataclass
class Running:
    """A trial that was begun: its jobs (one per seed) that are still to be run, and what came of the others."""

    trial: Trial
    words: list[str]
    jobs: list[list[str]]
    outcomes: list[Outcome] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Search:
    """Runs the queue empty, with local workers or with the launcher that was chosen."""

    def __init__(
        self,
        plan: "Plan",
        queue: TrialQueue,
        folder: Path,
        fixed_words: Sequence[str],
        hydra_context: HydraContext,
        task: TaskFunction,
    ) -> None:
        self.plan, self.options, self.trials, self.folder = plan, plan.options, queue, folder
        self.fixed_words, self.hydra_context = list(fixed_words), hydra_context
        self.names = list(plan.objectives)
        self.job = Job(task, self.names, plan.options.epoch)
        self.proposals = Proposals(plan, queue, samplers.pruner(plan.options.pruner))
        self.counts = Counts(maximize=plan.objectives[self.names[0]] == "maximize")
        self.counts.count(queue.study.get_trials(deepcopy=False))
        self.limits = Limits(plan.options, self.counts, self.names[0])
        self.live_table = LiveTable(plan.name, self.names, plan.budget, self.options.n_jobs, self.counts)
        self.started = time.monotonic()
        self.next_results = self.started + RESULTS_EVERY
        self.mirror: Mirror | None = None  # until the search begins

    def run(self) -> dict[str, Any]:
        """Until the budget is reached, or something ends the sweep before.

        Raises:
            FmnistError: failures stopped it, nothing was completed, or the storage no longer answers.
        """
        with handles.answering(self.trials.url):
            return self.search()

    def search(self) -> dict[str, Any]:
        done = f", {self.counts.finished} of them done" if self.counts.finished else ""
        size = f"{self.plan.budget} trials{done}, {self.options.n_jobs} at a time"
        echo(f"sweep {self.plan.name}: {size}, in {self.folder}")
        directions = dict(zip(self.names, self.trials.study.directions, strict=True))
        self.mirror = mirror(
            self.plan.config.get("tracker"), self.folder, self.plan.name, directions, self.counts.finished
        )
        try:
            with self.live_table:
                self.runner().run()
        except KeyboardInterrupt:
            self.trials.requeue_mine()
            self.results("interrupted")
            echo(f"interrupted; study={self.plan.name} goes on with it")
            raise
        failed = self.limits.too_many_failures or not self.counts.states[TrialState.COMPLETE]
        summary = self.results("failed" if failed else "finished")
        print_final_summary(summary)
        if self.limits.too_many_failures:
            raise SweepFailed(self.limits.reached())
        if not self.counts.states[TrialState.COMPLETE]:
            raise SweepFailed("no trial was completed")
        return summary

    def runner(self) -> Any:
        """Who runs the trials. Imported here: a sweep needs one of the two."""
        if self.plan.config.hydra.launcher._target_.endswith("BasicLauncher"):
            from fmnist.sweep.workers.local import Slots

            return Slots(self)
        from fmnist.sweep.workers.launcher import Launched

        return Launched(self)

    def next(self) -> Running | None:
        """The next trial with its jobs; None when the queue is empty or the sweep is to end."""
        if self.limits.reached():
            return None
        taken = self.proposals.next()
        if taken is None:
            return None
        trial, words = taken
        running = Running(trial, words, [self.job_words(trial, words, i) for i in range(self.options.seeds)])
        self.live_table.begin(trial.number, words)
        return running

    def goes_on(self) -> bool:
        """Behind an empty queue: is there a trial whose owner has died meanwhile?"""
        return not self.limits.reached() and self.trials.has_orphans()

    def job_words(self, trial: Trial, words: list[str], i: int) -> list[str]:
        """The overrides of the trial's i-th job, and where it belongs."""
        several = self.options.seeds > 1
        subdir = f"{trial.number}/seed-{i}" if several else str(trial.number)
        reports = i == 0 and self.names == [self.plan.config.get("objective")]
        storage = None if self.options.storage else self.trials.url
        handle = handles.Handle(storage, self.plan.name, trial._trial_id, self.options.pruner, reports)
        return [
            *self.fixed_words,
            *words,
            *([f"seed={self.plan.config.seed + i}"] if several else []),
            f"hydra.sweep.dir={quoted(str(self.folder))}",
            f"hydra.sweep.subdir={quoted(subdir)}",
            f"+hydra.job.env_set.{handles.VARIABLE}={quoted(handle.text())}",
        ]

    def tell(self, running: Running) -> None:
        """Record the end of a trial; one whose process died may get another try."""
        trial, outcomes = running.trial, running.outcomes
        last = next((o for o in outcomes if o["state"] != "complete"), outcomes[-1])
        attempts = trial.user_attrs.get(trials.ATTEMPTS, 1)
        if last.get("died") and attempts <= self.options.retries:
            echo(f"trial {trial.number}: {last['reason']}; started again")
            self.trials.requeue(trial._trial_id)
            return
        trial.set_user_attr(trials.FOLDER, str(trial.number))
        trial.set_user_attr(trials.SECONDS, running.seconds)
        if last.get("epochs") is not None:
            trial.set_user_attr(trials.EPOCHS, last["epochs"])
        if "reason" in last:
            trial.set_user_attr(trials.REASON, last["reason"])
        state, values = STATES[last["state"]], None
        if state == TrialState.COMPLETE:
            values = [fmean(o["values"][name] for o in outcomes) for name in self.names]
        ended: FrozenTrial = trial.study.tell(trial, values, state=state)
        self.counts.add(ended)
        what = last.get("reason", "") if values is None else figures(self.names, values)
        self.live_table.end(trial.number, last["state"], what, running.seconds, running.words)
        if time.monotonic() > self.next_results:
            self.results()

    def results(self, end: str = "") -> dict[str, Any]:
        """Write what the sweep leaves behind, as it stands now; `end` says how it has ended."""
        begin = time.monotonic()
        rerun = [word for word in self.fixed_words if not word.startswith("study=")]
        extra = {
            "budget": self.plan.budget,
            "script": sys.argv[0],
            "fixed": rerun,
            "seconds": begin - self.started,
            "stopped": self.limits.reached(),
        }
        study = self.trials.study
        ended = end in ("finished", "failed")
        summary = write_results(study, self.folder, self.names, extra, self.experiment, ended=ended)
        everyones = study.get_trials(deepcopy=False)
        self.counts.count(everyones)  # other machines' trials have ended, too
        if self.mirror:
            self.mirror.show(everyones, summary, end=end)
        now = time.monotonic()
        self.next_results = now + max(RESULTS_EVERY, (now - begin) / RESULTS_SHARE)
        return summary

    def experiment(self, folder: Path) -> str:
        if not (folder / "config.yaml").exists():
            folder = folder / "seed-0"
        return experiment_text(folder, self.compose)

    def compose(self, words: list[str]) -> DictConfig:
        name = self.plan.config.hydra.job.config_name
        return self.hydra_context.config_loader.load_configuration(name, words, RunMode.RUN)


class SweepFailed(FmnistError):
    """The sweep came to an end without what it was started for."""

    exit_code = 1


def figures(names: Sequence[str], values: Sequence[float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in zip(names, values, strict=True))


def quoted(text: str) -> str:
    """A value for Hydra's grammar, whatever it contains."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
