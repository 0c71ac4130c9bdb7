"""One process's part in a study: its loop, its leases, and its trials back in the queue when it is interrupted."""

from contextlib import suppress
from pathlib import Path

from hydra.types import HydraContext

from fmnist.sweep.ask_tell import AskTell
from fmnist.sweep.limits import Limits
from fmnist.sweep.results.live_table import LiveTable
from fmnist.sweep.results.writer import Writer
from fmnist.sweep.study.heartbeat import Heartbeat
from fmnist.sweep.study.storage import NoAnswer, storage_errors
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study_config import StudyConfig
from fmnist.sweep.workers.job import Job
from fmnist.sweep.workers.loop import Loop
from fmnist.terminal.signals import uninterrupted


def take_part(
    study: StudyConfig,
    queue: TrialQueue,
    folder: Path,
    hydra_context: HydraContext,
    job: Job,
    limits: Limits,
    live_table: LiveTable,
    writer: Writer,
    n_jobs: int,
) -> None:
    """Run trials, `n_jobs` at a time, until all of the study have ended or a limit is reached.

    Ctrl-C and SIGTERM interrupt it where it waits, and nowhere else: every lock, storage and worker is whole then.
    """
    options = study.options
    loop = Loop(hydra_context, study.config, job, n_jobs, options.n_jobs, options.trial_timeout)
    with uninterrupted(), Heartbeat(queue) as heartbeat:
        try:
            loop.run(AskTell(study, queue, heartbeat, folder, limits, live_table, writer))
        except KeyboardInterrupt:
            with suppress(NoAnswer), storage_errors(queue.url):  # the leases expire by themselves
                queue.give_back_all()
            raise
