"""Asynchronous local workers: a slot takes the next trial the moment it is free."""

import os
from typing import TYPE_CHECKING

from fmnist.sweep.workers.job import Outcome, failed
from fmnist.sweep.workers.worker import Worker, pack, ready

if TYPE_CHECKING:
    from fmnist.sweep.search import Running, Search


class Slots:
    """`n_jobs` of them, each with a process that stays warm; no slot waits for another."""

    def __init__(self, search: "Search") -> None:
        self.search, self.options = search, search.options
        self.payload = pack(search.hydra_context, search.plan.config, search.job)
        self.threads = max(1, (os.cpu_count() or 1) // self.options.n_jobs)
        self.active: dict[Worker, Running] = {}
        self.idle: list[Worker] = []

    def run(self) -> None:
        """Until the queue is empty or a limit is reached, and every trial that was begun has ended."""
        try:
            while True:
                while len(self.active) < self.options.n_jobs and (running := self.search.next()):
                    worker = self.worker()
                    worker.start(running.jobs.pop(0))
                    self.active[worker] = running
                if not self.active:
                    if self.search.goes_on():
                        continue
                    return
                for worker in ready(list(self.active), self.patience()):
                    self.take_in(worker, worker.result())
                for worker in [w for w, running in self.active.items() if self.is_late(running)]:
                    worker.kill()
                    late = failed(f"timed out after {self.options.trial_timeout:g} s (hydra.sweeper.trial_timeout)")
                    self.take_in(worker, late)
        finally:
            for worker in [*self.active, *self.idle]:
                worker.kill()

    def worker(self) -> Worker:
        self.idle = [worker for worker in self.idle if worker.is_alive]
        return self.idle.pop() if self.idle else Worker(self.payload, self.threads)

    def take_in(self, worker: Worker, result: Outcome) -> None:
        """A job has ended: on with the trial's next seed, or the trial is done and the worker free."""
        running = self.active[worker]
        running.outcomes.append(result)
        if running.jobs and result["state"] == "complete":
            worker.start(running.jobs.pop(0))
            return
        del self.active[worker]
        if worker.is_alive and not result.get("died"):
            self.idle.append(worker)
        self.search.tell(running)

    def is_late(self, running: "Running") -> bool:
        return self.options.trial_timeout is not None and running.seconds > self.options.trial_timeout

    def patience(self) -> float | None:
        """How long to wait for a worker before a trial's time is up."""
        if self.options.trial_timeout is None:
            return None
        left = [self.options.trial_timeout - running.seconds for running in self.active.values()]
        return max(0.0, min(left)) + 0.01
