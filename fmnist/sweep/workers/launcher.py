"""Trials through one of Hydra's launchers: joblib, submitit, ray."""

import os
import sys
from typing import TYPE_CHECKING, Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobStatus

from fmnist.sweep.workers.job import Outcome, failed, outcome

if TYPE_CHECKING:
    from fmnist.sweep.search import Running, Search


class Launched:
    """In batches of `n_jobs` trials, for a launcher returns when all its jobs are done."""

    def __init__(self, search: "Search") -> None:
        self.search = search
        # Its processes must find what this one finds: the program need not be installed.
        os.environ["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=search.hydra_context, task_function=search.job, config=search.plan.config
        )

    def run(self) -> None:
        """Until the queue is empty or a limit is reached."""
        while True:
            batch: list[Running] = []
            while len(batch) < self.search.options.n_jobs and (running := self.search.next()):
                batch.append(running)
            if batch:
                self.launch(batch)
            elif not self.search.goes_on():
                return

    def launch(self, batch: "list[Running]") -> None:
        jobs = [(running, job) for running in batch for job in running.jobs]
        try:
            returns = self.launcher.launch([job for _, job in jobs], initial_job_idx=batch[0].trial.number)
            results = [job_result(one) for one in returns]
        except Exception as error:  # a job that took the launcher down with it: ask the folders
            results = [self.from_folder(running, f"{type(error).__name__}: {error}") for running, _ in jobs]
        for (running, _), result in zip(jobs, results, strict=True):
            running.outcomes.append(result)
        for running in batch:
            self.search.tell(running)

    def from_folder(self, running: "Running", reason: str) -> Outcome:
        folder = self.search.folder / str(running.trial.number)
        if (folder / "summary.json").exists():
            return outcome(folder, None, self.search.names, self.search.options.epoch)
        return failed(" ".join(reason.split()))


def job_result(done: Any) -> Outcome:
    """Of a launcher's job. Its return value raises where the job did."""
    if done.status == JobStatus.COMPLETED:
        result: Outcome = done.return_value
        return result
    return failed(f"the job ended as {done.status.name.lower()}")
