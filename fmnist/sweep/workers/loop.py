"""The loop that every worker runs, whoever started it: take a trial, run it, tell how it ended, take the next."""

import os
import time
from contextlib import suppress

from hydra.types import HydraContext
from omegaconf import DictConfig

from fmnist.errors import Terminated
from fmnist.sweep.ask_tell import AskTell, RunningTrial
from fmnist.sweep.program import Outcome, failed
from fmnist.sweep.study.storage import NoAnswer, storage_errors
from fmnist.sweep.workers.job import Job
from fmnist.sweep.workers.worker import Worker, pack, wait_for_any
from fmnist.terminal.signals import interruptible

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
        self.workers: list[Worker] = []
        self.active: dict[Worker, RunningTrial] = {}

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
                    with interruptible():
                        time.sleep(POLL)
        except KeyboardInterrupt as interruption:
            trials.queue.storage.reconnect = 0.0  # who has to leave waits for nothing
            if isinstance(interruption, Terminated):
                with suppress(NoAnswer), storage_errors(trials.queue.url):
                    self.hand_back(trials)
            raise
        finally:
            for worker in self.workers:
                worker.kill()

    def wait(self, trials: AskTell) -> None:
        """For the next job that ends, but no longer than `POLL`."""
        with interruptible():
            ready = wait_for_any(list(self.active), self.time_left())
        for worker in ready:
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
                running, outcome = self.active.pop(worker), worker.outcome()
                if not outcome.died:  # of the same signal, say, before it ignored it: the trial is given back
                    trials.tell(running, outcome)

    def worker(self) -> Worker:
        """One that is idle, or a new one."""
        self.workers = [worker for worker in self.workers if worker in self.active or worker.is_alive]
        idle = next((worker for worker in self.workers if worker not in self.active), None)
        if idle is None:
            idle = Worker(self.payload, self.threads)
            self.workers.append(idle)
        return idle

    def end_job(self, worker: Worker, outcome: Outcome, trials: AskTell) -> None:
        """Go on with the trial's next seed, or the trial is done and the worker free."""
        running = self.active[worker]
        if running.jobs and outcome.state == "COMPLETE":
            running.outcomes.append(outcome)
            worker.start(running.jobs.pop(0))
            return
        del self.active[worker]
        if outcome.died:
            worker.kill()
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
