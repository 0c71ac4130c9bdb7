"""Worker loops that one of Hydra's launchers starts: joblib, submitit, ray."""

import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from multiprocessing import set_start_method
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from fmnist.errors import ConfigError, FmnistError, Terminated, one_line
from fmnist.sweep.limits import Limits
from fmnist.sweep.program import Program
from fmnist.sweep.results.counts import Counts
from fmnist.sweep.results.live_table import HiddenTable, LiveTable
from fmnist.sweep.results.writer import Writer
from fmnist.sweep.space.values import quote
from fmnist.sweep.study.storage import open_storage, storage_errors
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study_config import StudyConfig
from fmnist.sweep.workers.job import Job
from fmnist.sweep.workers.work import take_part
from fmnist.terminal.console import echo, log
from fmnist.terminal.signals import signals_interrupt

EVERY = 1.0  # seconds between two looks at what the workers have done


class LauncherFailed(FmnistError):
    """The launcher, and not a trial."""

    exit_code = 1


class LaunchedLoop:
    """The loop as a job of a launcher, on whatever machine: it takes trials of the study until all have ended."""

    def __init__(
        self,
        overrides: Sequence[str],
        config: DictConfig,
        hydra_context: HydraContext,
        task: TaskFunction,
        program: Program,
        url: str,
        folder: Path,
    ) -> None:
        self.overrides, self.config, self.hydra_context = list(overrides), config, hydra_context
        self.task, self.program, self.url, self.folder = task, program, url, folder.absolute()
        self.parent, self.home, self.begun = os.getpid(), Path.cwd(), time.time()

    def __call__(self, _config: DictConfig) -> str:
        """Why it ended before the study, or nothing. What it prints goes into workers/N/worker.log."""
        set_start_method("spawn", force=True)  # in a process of loky it is one that others cannot be started with
        if self.home.is_dir():
            os.chdir(self.home)  # a process that ran before the sweep, as Ray's do, is elsewhere
        said = Path(HydraConfig.get().runtime.output_dir) / "worker.log"
        if os.getpid() == self.parent:  # joblib with one job: the sweep shows what happens
            return self.run(show=False)
        with signals_interrupt(always=True), open(said, "a", buffering=1) as file, redirect_stdout(file):
            try:
                return self.run(show=True)
            except (Terminated, FmnistError) as error:
                echo(f"error: {error}")
                return str(error)

    def run(self, *, show: bool) -> str:
        loader = self.hydra_context.config_loader
        study = StudyConfig(self.overrides, self.config, loader, self.program.higher_is_better)
        job = Job(self.task, self.program, list(study.objectives), study.options.epoch)
        open_storage(self.url).reconnect = study.options.reconnect
        queue = TrialQueue(study.name, self.url, study.options.lease)
        counts = Counts(maximize=study.maximize)
        limits = Limits(study.options, counts, next(iter(study.objectives)))
        limits.started -= max(0.0, time.time() - self.begun)  # it may have waited in a cluster's queue
        with storage_errors(self.url):
            queue.join(study.identity())
            table = LiveTable if show else HiddenTable
            live_table = table(study.name, list(study.objectives), study.budget, 1, counts)
            take_part(study, queue, self.folder, self.hydra_context, job, limits, live_table, Writer(), 1)
        return limits.reached()


def launch(loop: LaunchedLoop, queue: TrialQueue, limits: Limits, live_table: LiveTable, writer: Writer) -> None:
    """Have the launcher run `n_jobs` loops until all trials have ended; again, if they ended before, but got on.

    Raises:
        LauncherFailed: they got nowhere.
    """
    config, hydra_context = loop.config, loop.hydra_context
    name = f"hydra/launcher={config.hydra.runtime.choices['hydra/launcher']}"
    # Its processes must find what this one finds: the program need not be installed.
    os.environ["PYTHONPATH"] = os.pathsep.join(path or os.getcwd() for path in sys.path)
    try:
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=loop, config=config
        )
    except Exception as error:  # whatever class is named there
        allowed = f"an option of hydra/launcher ({one_line(error)})"
        raise ConfigError("hydra.launcher", config.hydra.launcher, allowed) from None
    place = [f"hydra.sweep.dir={quote(str(loop.folder))}", "hydra.output_subdir=null"]
    jobs = [[*place, f"hydra.sweep.subdir=workers/{i}"] for i in range(config.hydra.sweeper.n_jobs)]
    finished, reason = -1, ""
    while not (limits.reached() or queue.is_done()):
        if limits.counts.finished == finished:
            raise LauncherFailed(f"{name}: {reason}")
        finished = limits.counts.finished
        with Follower(queue, live_table, writer):
            try:
                reasons = [job.return_value for job in launcher.launch(jobs, initial_job_idx=0)]
            except Exception as error:
                reasons = [f"{type(error).__name__}: {one_line(error)}"]
        limits.counts.count(queue.study.get_trials(deepcopy=False))
        reason = next(filter(None, reasons), "its workers ended before the trials")


class Follower:
    """A thread that shows what workers elsewhere do, and writes the results. A context."""

    def __init__(self, queue: TrialQueue, live_table: LiveTable, writer: Writer) -> None:
        self.queue, self.live_table, self.writer = queue, live_table, writer
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.run, name="follower", daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.thread.join()
        self.look()

    def run(self) -> None:
        while not self.closed.wait(EVERY):
            try:
                self.look()
            except Exception as error:  # the main thread meets it, too, when the launcher returns
                log.warning("not followed: %s: %s", type(error).__name__, error)

    def look(self) -> None:
        self.live_table.follow(self.queue.study.get_trials(deepcopy=False))
        self.writer.write_if_due()
