"""The loop that every worker runs, whoever started it: take a trial, run it, tell how it ended, take the next."""

import os
import time

from hydra.types import HydraContext
from omegaconf import DictConfig

from fmnist.errors import Terminated
from fmnist.sweep.ask_tell import AskTell, RunningTrial
from fmnist.sweep.program import Outcome, failed
from fmnist.sweep.workers.job import Job
from fmnist.sweep.workers.worker import Worker, pack, wait_for_any

POLL = 1.0  # seconds between two looks for trials that have come free, and for leases that are lost
GRACE = 8.0  # seconds in which a trial may end its epoch after SIGTERM


class Loop:
    """Runs trials in processes that stay warm; none waits for another.

    n_jobs: how many at a time.  n_workers: on this machine in all.  trial_timeout: seconds that a trial may take.
    """

    def __init__(
        self,
        hydra_context: HydraContext,
        config: DictConfig,
        job: Job,
        n_jobs: int,
        n_workers: int,
        trial_timeout: float | None,
    ) -> None:
        self.n_jobs, self.trial_timeout = n_jobs, trial_timeout
        self.payload = pack(hydra_context, config, job)
        self.threads = max(1, (os.cpu_count() or 1) // n_workers)
        self.active: dict[Worker, RunningTrial] = {}
        self.idle: list[Worker] = []

    def run(self, trials: AskTell) -> None:
        """Until every trial of the study has ended, whoever runs it, or a limit is reached.

        At SIGTERM the trials end their epoch, if that takes no longer than `GRACE`, and go back into the queue.
        """
        try:
            while True:
                while len(self.active) < self.n_jobs and (running := trials.ask()):
                    worker = self.worker()
                    worker.start(running.jobs.pop(0))
                    self.active[worker] = running
                if self.active:
                    self.wait(trials)
                elif trials.is_done():
                    return
                else:
                    time.sleep(POLL)
        except Terminated:
            self.hand_back(trials)
            raise
        finally:
            for worker in [*self.active, *self.idle]:
                worker.kill()

    def wait(self, trials: AskTell) -> None:
        """For the next job that ends, but no longer than `POLL`."""
        for worker in wait_for_any(list(self.active), self.time_left()):
            self.end_job(worker, worker.outcome(), trials)
        for worker, running in list(self.active.items()):
            if self.is_late(running):
                worker.kill()
                late = failed(f"timed out after {self.trial_timeout:g} s (hydra.sweeper.trial_timeout)")
                self.end_job(worker, late, trials)
            elif trials.is_lost(running):
                worker.kill()
                del self.active[worker]
                trials.drop(running)

    def hand_back(self, trials: AskTell) -> None:
        for worker in self.active:
            worker.stop()
        until = time.monotonic() + GRACE
        while self.active and (left := until - time.monotonic()) > 0:
            for worker in wait_for_any(list(self.active), left):
                trials.tell(self.active.pop(worker), worker.outcome())

    def worker(self) -> Worker:
        self.idle = [worker for worker in self.idle if worker.is_alive]
        return self.idle.pop() if self.idle else Worker(self.payload, self.threads)

    def end_job(self, worker: Worker, outcome: Outcome, trials: AskTell) -> None:
        """Go on with the trial's next seed, or the trial is done and the worker free."""
        running = self.active[worker]
        if running.jobs and outcome.state == "COMPLETE":
            running.outcomes.append(outcome)
            worker.start(running.jobs.pop(0))
            return
        del self.active[worker]
        if worker.is_alive and not outcome.died:
            self.idle.append(worker)
        running.jobs.clear()
        trials.tell(running, outcome)

    def is_late(self, running: RunningTrial) -> bool:
        return self.trial_timeout is not None and running.seconds > self.trial_timeout

    def time_left(self) -> float:
        """Seconds to wait at most, that no trial takes too long."""
        if self.trial_timeout is None:
            return POLL
        left = [self.trial_timeout - running.seconds for running in self.active.values()]
        return min(POLL, max(0.0, min(left)) + 0.01)
