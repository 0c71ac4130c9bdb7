"""A worker process: it stays warm for the next job, and its death costs the one trial that it was running."""

import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import cloudpickle
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import run_job, setup_globals
from omegaconf import open_dict

from fmnist.sweep import trial
from fmnist.sweep.program import Outcome, failed, failed_by
from fmnist.terminal.signals import SIGNALS

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Worker:
    """A process that runs one job at a time."""

    def __init__(self, payload: bytes, threads: int) -> None:
        """`payload`: from `pack`.  threads: of BLAS in the worker, which must be known before NumPy is imported."""
        context = get_context("spawn")  # a clean process: no copies of locks and threads
        self.connection, theirs = context.Pipe()
        before = {name: os.environ.get(name) for name in THREADS}
        os.environ.update(dict.fromkeys(THREADS, str(threads)))
        try:
            self.process = context.Process(target=serve, args=(theirs, payload), daemon=True)
            self.process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        theirs.close()

    def start(self, overrides: Sequence[str]) -> None:
        with suppress(OSError):  # it has died: the outcome says so
            self.connection.send(list(overrides))

    def stop(self) -> None:
        """Ask the job to stop after its epoch; its outcome says whether it did."""
        with suppress(OSError):  # it has died
            self.connection.send(None)

    def outcome(self) -> Outcome:
        """What came of the job, or how the worker died while it ran."""
        try:
            outcome: Outcome = self.connection.recv()
        except (EOFError, OSError):  # also in the middle of it
            self.process.join(5)
            code = self.process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
            return failed(f"the worker died ({how})", died=True)
        return outcome

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def wait_for_any(workers: Sequence[Worker], timeout: float | None) -> list[Worker]:
    """The workers that have a result, or died, within `timeout` seconds."""
    connections = {worker.connection: worker for worker in workers}
    return [connections[connection] for connection in wait(connections, timeout) if isinstance(connection, Connection)]


def pack(hydra_context: Any, config: Any, task: Any) -> bytes:
    """All that a worker needs to run jobs. Never written to disk: both ends are this program."""
    return cloudpickle.dumps((hydra_context, config, task, Singleton.get_state()))


def serve(connection: Connection, payload: bytes) -> None:
    """Run in the worker: overrides of jobs come in, outcomes go out, until the parent is gone."""
    threading.Thread(target=die_with_parent, daemon=True).start()
    for number in (signal.SIGINT, *SIGNALS):  # they reach all processes: the parent decides
        signal.signal(number, signal.SIG_IGN)
    hydra_context, config, task, state = cloudpickle.loads(payload)
    setup_globals()
    Singleton.set_state(state)
    trial.stop_requested = connection.poll  # during a job, nothing else is sent
    while True:
        try:
            overrides = connection.recv()
        except EOFError:
            return
        if overrides is not None:  # a request to stop that came too late
            connection.send(execute(overrides, hydra_context, config, task))


def die_with_parent() -> None:
    """Without its parent a worker must not go on with a trial that another sweep will run."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def execute(overrides: list[str], hydra_context: Any, config: Any, task: Any) -> Outcome:
    """What Hydra's launchers do with a job."""
    try:
        job = hydra_context.config_loader.load_sweep_config(config, overrides)
        with open_dict(job):
            job.hydra.job.num = int(Path(job.hydra.sweep.subdir).parts[0])
            job.hydra.job.id = f"{job.hydra.job.name}_{job.hydra.job.num}"
        HydraConfig.instance().set_config(job)
        done = run_job(
            hydra_context=hydra_context,
            config=job,
            task_function=task,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        outcome: Outcome = done.return_value
    except Exception as error:  # composition, or the folder
        return failed_by(error)
    return outcome
