"""The search itself: a slot takes a trial from the queue the moment it is free, and every end is told to the study."""

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from hydra.core.utils import JobStatus
from hydra.types import HydraContext, RunMode, TaskFunction
from omegaconf import DictConfig
from optuna.trial import Trial, TrialState

from fmnist import trial as handles
from fmnist.console import say
from fmnist.errors import FmnistError
from fmnist.sweep import trials
from fmnist.sweep.experiment_file import experiment_text
from fmnist.sweep.job import Job, Outcome, failed, outcome
from fmnist.sweep.results import say_results, write_results
from fmnist.sweep.study import Ledger
from fmnist.sweep.worker import Worker, pack, ready

if TYPE_CHECKING:
    from fmnist.sweep.sweeper import Plan

ROOT = Path(__file__).parents[2]
RESULTS_EVERY = 5.0  # seconds between two writings of the results while trials end


@dataclass
class Running:
    """A trial that a slot is at: its jobs (one per seed) that are still to be run, and what came of the others."""

    trial: Trial
    words: list[str]
    jobs: list[list[str]]
    outcomes: list[Outcome] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Search:
    """Runs the queue empty, with local workers or, in batches, with the launcher that was chosen."""

    def __init__(
        self,
        plan: "Plan",
        ledger: Ledger,
        folder: Path,
        fixed_words: Sequence[str],
        hydra_context: HydraContext,
        task: TaskFunction,
    ) -> None:
        self.plan, self.options, self.ledger, self.folder = plan, plan.options, ledger, folder
        self.fixed_words, self.hydra_context = list(fixed_words), hydra_context
        self.names = list(plan.objectives)
        self.job = Job(task, self.names, plan.options.epoch)
        self.active: dict[Worker, Running] = {}
        self.started = self.written = time.monotonic()

    def run(self) -> dict[str, Any]:
        """Until the budget is reached, or something ends the sweep before.

        Raises:
            FmnistError: failures stopped it, nothing was completed, or the storage no longer answers.
        """
        with handles.answering(self.ledger.url):
            return self.search()

    def search(self) -> dict[str, Any]:
        done = len(self.ledger.finished())
        going_on = f", {done} of them done" if done else ""
        size = f"{self.plan.budget} trials{going_on}, {self.options.n_jobs} at a time"
        say(f"sweep {self.plan.name}: {size}, in {self.folder}")
        launcher = self.plan.config.hydra.launcher._target_
        try:
            if launcher.endswith("BasicLauncher"):
                self.with_workers()
            else:
                self.with_launcher()
        except KeyboardInterrupt:
            self.ledger.requeue_mine()
            self.results()
            say(f"interrupted; study={self.plan.name} goes on with it")
            raise
        finally:
            for worker in self.active:
                worker.kill()
        summary = self.results()
        say_results(summary)
        if self.too_many_failures():
            raise SweepFailed(f"stopped after {self.failures()} failed trials (hydra.sweeper.max_failures)")
        if not any(trial.state == TrialState.COMPLETE for trial in self.ledger.finished()):
            raise SweepFailed("no trial was completed")
        return summary

    # Which trial is next

    def next(self) -> Running | None:
        """The next trial with its jobs; None when the queue is empty or the sweep is to end."""
        if self.too_many_failures() or self.out_of_time():
            return None
        taken = self.ledger.take(self.plan.space, self.plan.fixed)
        if taken is None:
            return None
        trial, values = taken
        words = self.plan.space.words(values)
        return Running(trial, words, [self.job_words(trial, words, i) for i in range(self.options.seeds)])

    def job_words(self, trial: Trial, words: list[str], i: int) -> list[str]:
        """The overrides of the trial's i-th job, and where it belongs."""
        several = self.options.seeds > 1
        subdir = f"{trial.number}/seed-{i}" if several else str(trial.number)
        reports = i == 0 and self.names == [self.plan.config.get("objective")]
        storage = None if self.options.storage else self.ledger.url
        handle = handles.Handle(storage, self.plan.name, trial._trial_id, self.options.pruner, reports)
        return [
            *self.fixed_words,
            *words,
            *([f"seed={self.plan.config.seed + i}"] if several else []),
            f"hydra.sweep.dir={quoted(str(self.folder))}",
            f"hydra.sweep.subdir={quoted(subdir)}",
            f"+hydra.job.env_set.{handles.VARIABLE}={quoted(handle.text())}",
        ]

    def failures(self) -> int:
        return sum(trial.state == TrialState.FAIL for trial in self.ledger.finished())

    def goes_on(self) -> bool:
        """Behind an empty queue: is there a trial whose owner has died meanwhile?"""
        return not (self.too_many_failures() or self.out_of_time()) and self.ledger.has_orphans()

    def too_many_failures(self) -> bool:
        return self.options.max_failures is not None and self.failures() >= self.options.max_failures

    def out_of_time(self) -> bool:
        return self.options.timeout is not None and time.monotonic() - self.started > self.options.timeout

    # Local workers

    def with_workers(self) -> None:
        """Asynchronous: no slot waits for another."""
        payload = pack(self.hydra_context, self.plan.config, self.job)
        threads = max(1, (os.cpu_count() or 1) // self.options.n_jobs)
        idle: list[Worker] = []
        try:
            while True:
                while len(self.active) < self.options.n_jobs and (running := self.next()):
                    idle = [worker for worker in idle if worker.is_alive]
                    worker = idle.pop() if idle else Worker(payload, threads)
                    worker.start(running.jobs.pop(0))
                    self.active[worker] = running
                if not self.active:
                    if self.goes_on():
                        continue
                    return
                for worker in ready(list(self.active), self.patience()):
                    self.take_in(worker, worker.result(), idle)
                for worker in [w for w, running in self.active.items() if self.is_late(running)]:
                    worker.kill()
                    late = failed(f"timed out after {self.options.trial_timeout:g} s (hydra.sweeper.trial_timeout)")
                    self.take_in(worker, late, idle)
        finally:
            for worker in idle:
                worker.kill()

    def take_in(self, worker: Worker, result: Outcome, idle: list[Worker]) -> None:
        """A job has ended: on with the trial's next seed, or the trial is done and the worker free."""
        running = self.active[worker]
        running.outcomes.append(result)
        if running.jobs and result["state"] == "complete":
            worker.start(running.jobs.pop(0))
            return
        del self.active[worker]
        if worker.is_alive and not result.get("died"):
            idle.append(worker)
        self.tell(running)

    def is_late(self, running: Running) -> bool:
        return self.options.trial_timeout is not None and running.seconds > self.options.trial_timeout

    def patience(self) -> float | None:
        """How long to wait for a worker before a trial's time is up."""
        if self.options.trial_timeout is None:
            return None
        left = [self.options.trial_timeout - running.seconds for running in self.active.values()]
        return max(0.0, min(left)) + 0.01

    # Hydra's launchers

    def with_launcher(self) -> None:
        """In batches of `n_jobs` trials, for a launcher returns when all its jobs are done."""
        from hydra.core.plugins import Plugins

        # Its processes must find the project, which need not be installed.
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=self.hydra_context, task_function=self.job, config=self.plan.config
        )
        while True:
            batch: list[Running] = []
            while len(batch) < self.options.n_jobs and (running := self.next()):
                batch.append(running)
            if not batch:
                if self.goes_on():
                    continue
                return
            jobs = [(running, job) for running in batch for job in running.jobs]
            try:
                returns = launcher.launch([job for _, job in jobs], initial_job_idx=batch[0].trial.number)
                results = [job_result(one) for one in returns]
            except Exception as error:  # a job that took the launcher down with it: ask the folders
                results = [self.from_folder(running, f"{type(error).__name__}: {error}") for running, _ in jobs]
            for (running, _), result in zip(jobs, results, strict=True):
                running.outcomes.append(result)
            for running in batch:
                self.tell(running)

    def from_folder(self, running: Running, reason: str) -> Outcome:
        folder = self.folder / str(running.trial.number)
        if (folder / "summary.json").exists():
            return outcome(folder, None, self.names, self.options.epoch)
        return failed(" ".join(reason.split()))

    # What came of it

    def tell(self, running: Running) -> None:
        """Record the end of a trial; one whose process died may get another try."""
        trial, outcomes = running.trial, running.outcomes
        last = next((o for o in outcomes if o["state"] != "complete"), outcomes[-1])
        attempts = trial.user_attrs.get(trials.ATTEMPTS, 1)
        if last.get("died") and attempts <= self.options.retries:
            say(f"trial {trial.number}: {last['reason']}; started again")
            self.ledger.requeue(trial._trial_id)
            return
        trial.set_user_attr(trials.FOLDER, str(trial.number))
        trial.set_user_attr(trials.SECONDS, running.seconds)
        if last.get("epochs") is not None:
            trial.set_user_attr(trials.EPOCHS, last["epochs"])
        if "reason" in last:
            trial.set_user_attr(trials.REASON, last["reason"])
        study = self.ledger.study
        what = last.get("reason", "")
        if last["state"] == "complete":
            values = [fmean(o["values"][name] for o in outcomes) for name in self.names]
            study.tell(trial, values)
            what = "  ".join(f"{name} {value:.4g}" for name, value in zip(self.names, values, strict=True))
        elif last["state"] == "pruned":
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, state=TrialState.FAIL)
        done = len(self.ledger.finished())
        count = f"{done:>{len(str(self.plan.budget))}}/{self.plan.budget}"
        say(
            f"{count}  trial {trial.number} {last['state']}  {what}  {running.seconds:.1f} s  {' '.join(running.words)}"
        )
        if time.monotonic() - self.written > RESULTS_EVERY:
            self.results()

    def results(self) -> dict[str, Any]:
        """Write what the sweep leaves behind, as it stands now."""
        self.written = time.monotonic()
        rerun = [word for word in self.fixed_words if not word.startswith("study=")]
        extra = {
            "budget": self.plan.budget,
            "script": sys.argv[0],
            "fixed": rerun,
            "seconds": time.monotonic() - self.started,
        }
        return write_results(self.ledger.study, self.folder, self.names, extra, self.experiment)

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


def job_result(done: Any) -> Outcome:
    """Of a launcher's job. Its return value raises where the job did."""
    if done.status == JobStatus.COMPLETED:
        result: Outcome = done.return_value
        return result
    return failed(f"the job ended as {done.status.name.lower()}")


def quoted(text: str) -> str:
    """A value for Hydra's grammar, whatever it contains."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
