"""Trials run by processes of this machine: each takes the next trial the moment it is free."""

import os

from hydra.types import HydraContext
from omegaconf import DictConfig

from fmnist.sweep.ask_tell import AskTell, RunningTrial
from fmnist.sweep.program import Outcome, failed
from fmnist.sweep.workers.job import Job
from fmnist.sweep.workers.worker import Worker, pack, wait_for_any


class LocalRunner:
    """`n_jobs` processes that stay warm; none waits for another. trial_timeout: seconds that a trial may take."""

    def __init__(
        self, hydra_context: HydraContext, config: DictConfig, job: Job, n_jobs: int, trial_timeout: float | None
    ) -> None:
        self.n_jobs, self.trial_timeout = n_jobs, trial_timeout
        self.payload = pack(hydra_context, config, job)
        self.threads = max(1, (os.cpu_count() or 1) // n_jobs)
        self.active: dict[Worker, RunningTrial] = {}
        self.idle: list[Worker] = []

    def run(self, trials: AskTell) -> None:
        """Until there is no trial left, and every trial that was begun has ended."""
        try:
            while True:
                while len(self.active) < self.n_jobs and (running := trials.ask()):
                    worker = self.worker()
                    worker.start(running.jobs.pop(0))
                    self.active[worker] = running
                if not self.active:
                    if trials.has_more():
                        continue
                    return
                for worker in wait_for_any(list(self.active), self.time_left()):
                    self.end_job(worker, worker.outcome(), trials)
                for worker in [worker for worker, running in self.active.items() if self.is_late(running)]:
                    worker.kill()
                    late = failed(f"timed out after {self.trial_timeout:g} s (hydra.sweeper.trial_timeout)")
                    self.end_job(worker, late, trials)
        finally:
            for worker in [*self.active, *self.idle]:
                worker.kill()

    def worker(self) -> Worker:
        self.idle = [worker for worker in self.idle if worker.is_alive]
        return self.idle.pop() if self.idle else Worker(self.payload, self.threads)

    def end_job(self, worker: Worker, outcome: Outcome, trials: AskTell) -> None:
        """Go on with the trial's next seed, or the trial is done and the worker free."""
        running = self.active[worker]
        running.outcomes.append(outcome)
        if running.jobs and outcome.state == "COMPLETE":
            worker.start(running.jobs.pop(0))
            return
        del self.active[worker]
        if worker.is_alive and not outcome.died:
            self.idle.append(worker)
        trials.tell(running)

    def is_late(self, running: RunningTrial) -> bool:
        return self.trial_timeout is not None and running.seconds > self.trial_timeout

    def time_left(self) -> float | None:
        """Seconds until the first trial takes too long; None without a limit."""
        if self.trial_timeout is None:
            return None
        left = [self.trial_timeout - running.seconds for running in self.active.values()]
        return max(0.0, min(left)) + 0.01
