"""Trials run by one of Hydra's launchers: joblib, submitit, ray."""

import os
import sys
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobStatus
from hydra.types import HydraContext
from omegaconf import DictConfig

from fmnist.errors import ConfigError, one_line
from fmnist.sweep.ask_tell import AskTell, RunningTrial
from fmnist.sweep.program import Outcome, failed
from fmnist.sweep.workers.job import Job


class LauncherRunner:
    """In batches of `n_jobs` trials, because a launcher returns when all its jobs are done."""

    def __init__(self, hydra_context: HydraContext, config: DictConfig, job: Job, n_jobs: int, folder: Path) -> None:
        self.job, self.n_jobs, self.folder = job, n_jobs, folder
        # Its processes must find what this one finds: the program need not be installed.
        os.environ["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
        try:
            self.launcher = Plugins.instance().instantiate_launcher(
                hydra_context=hydra_context, task_function=job, config=config
            )
        except Exception as error:  # whatever class is named there
            allowed = f"an option of hydra/launcher ({one_line(error)})"
            raise ConfigError("hydra.launcher", config.hydra.launcher, allowed) from None

    def run(self, trials: AskTell) -> None:
        """Until there is no trial left."""
        while True:
            batch: list[RunningTrial] = []
            while len(batch) < self.n_jobs and (running := trials.ask()):
                batch.append(running)
            if batch:
                self.launch(batch)
                for running in batch:
                    trials.tell(running)
            elif not trials.has_more():
                return

    def launch(self, batch: list[RunningTrial]) -> None:
        jobs = [(running, job) for running in batch for job in running.jobs]
        try:
            returns = self.launcher.launch([job for _, job in jobs], initial_job_idx=batch[0].trial.number)
            outcomes = [outcome_of(one) for one in returns]
        except Exception as error:  # a job that took the launcher down with it: the others' files tell
            reason = f"{type(error).__name__}: {error}"
            folders = [self.folder / str(running.trial.number) for running, _ in jobs]
            outcomes = [self.job.stored_outcome(folder) or failed(reason) for folder in folders]
        for (running, _), outcome in zip(jobs, outcomes, strict=True):
            running.outcomes.append(outcome)


def outcome_of(done: Any) -> Outcome:
    """Of a launcher's job. Its return value raises where the job did."""
    if done.status == JobStatus.COMPLETED:
        outcome: Outcome = done.return_value
        return outcome
    return failed(f"the job ended as {done.status.name.lower()}")
