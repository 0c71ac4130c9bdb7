"""Ctrl-C and SIGTERM end a sweep where it waits: no lock, storage or worker is left half done."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import optuna
import pytest

from cli import run
from fmnist.sweep.program import Outcome
from fmnist.sweep.study.file_lock import lock_file
from fmnist.sweep.study.reconnecting_storage import ReconnectingStorage
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.workers.worker import Worker
from fmnist.terminal.signals import interruptible, uninterrupted
from options import ROOT, python_path
from sweeps import RunningSweep, states, trials
from test_sweep_reconnect import storage  # noqa: F401  a fixture

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals")
WORDS = ("-m", "debug=tiny", "tracker=none", "seed=1,2,3")

# Ctrl-C comes when the main thread has just taken the queue's lock for its second trial.
INTERRUPTED = """
import os, signal, threading
import filelock
acquire, taken = filelock.FileLock.acquire, []

def interrupt(lock, *args, **kwargs):
    result = acquire(lock, *args, **kwargs)
    if threading.current_thread() is threading.main_thread() and str(lock.lock_file).endswith(".queue"):
        taken.append(lock)
        if len(taken) == 5:
            os.kill(os.getpid(), signal.SIGINT)
    return result

filelock.FileLock.acquire = interrupt
"""


@pytest.fixture(autouse=True)
def _ctrl_c_is_an_exception() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_ctrl_c(after: float = 0.0) -> None:
    threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT)).start()


def test_ctrl_c_when_a_lock_is_just_taken_ends_a_sweep_as_ever(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTED)
    words = (*WORDS, "hydra.sweeper.n_jobs=2", "study=s")
    done = run(str(ROOT / "train.py"), *words, cwd=tmp_path, PYTHONPATH=python_path(ROOT, tmp_path))
    assert (done.returncode, done.stderr) == (130, "error: interrupted\n")
    assert "study=s goes on with it" in done.stdout
    assert states(tmp_path / "multirun" / "s") == ["WAITING"] * 3


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in Linux's /proc")
def test_a_worker_that_dies_of_the_sweeps_own_signal_costs_its_trial_nothing(tmp_path: Path) -> None:
    """A batch system tells all processes, and one that is just starting does not ignore it yet."""
    sweep = RunningSweep(*WORDS, "trainer.epochs=2000", cwd=tmp_path)
    sweep.wait_for_epoch(0)
    (worker,) = sweep.workers()
    sweep.process.send_signal(signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    sweep.process.send_signal(signal.SIGTERM)
    sweep.process.send_signal(signal.SIGCONT)
    assert sweep.end()[0] == 128 + signal.SIGTERM
    assert states(sweep.folder) == ["WAITING"] * 3
    assert "deaths" not in trials(sweep.folder)[0].user_attrs


def test_a_signal_takes_effect_at_the_next_wait_and_once() -> None:
    done = []

    def work() -> None:
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("whole")
            with uninterrupted():  # no end of the outer one
                done.append("too")
            try:
                with interruptible():
                    done.append("not reached")
            finally:
                with interruptible():
                    done.append("nothing else came")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["whole", "too", "nothing else came"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_wait_for_a_lock_can_be_interrupted(tmp_path: Path) -> None:
    queue = TrialQueue("s", str(tmp_path / "study.journal"), 60)
    queue.open({}, ["maximize"], 1, [])
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with queue.lock():
            held.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    press_ctrl_c(0.1)
    try:
        with pytest.raises(KeyboardInterrupt), uninterrupted():
            queue.pop()
    finally:
        leave.set()
        thread.join()
    assert not queue.held
    trial = queue.pop()
    assert trial is not None


def test_the_wait_for_a_storage_can_be_interrupted(storage: ReconnectingStorage) -> None:  # noqa: F811
    trial = optuna.create_study(storage=storage).ask()
    storage.behind.away = 10**9
    press_ctrl_c(0.3)
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        trial.set_user_attr("key", "value")


def test_a_lock_is_taken_anew_by_whoever_was_interrupted_under_it(tmp_path: Path) -> None:
    with uninterrupted(), suppress(KeyboardInterrupt), lock_file(tmp_path / "lock"):
        os.kill(os.getpid(), signal.SIGINT)
        with interruptible():
            time.sleep(60)
    with lock_file(tmp_path / "lock"):
        pass


def test_a_worker_that_died_before_its_job_began_is_an_outcome() -> None:
    worker = Worker(b"", 1)
    worker.process.kill()
    worker.process.join()
    worker.start(["seed=1"])
    worker.start(["seed=2"])
    assert worker.outcome() == Outcome("FAIL", reason="the worker died (signal 9)", died=True)
    worker.kill()
