"""SIGTERM and SIGHUP end a run or a sweep as Ctrl-C does."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import TINY, summary, train
from fmnist.errors import Terminated
from fmnist.terminal.signals import signals_interrupt
from options import ROOT, python_path
from sweeps import RunningSweep, agrees_with_its_runs, states

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
LONG = (*TINY, "dataset.examples=20000", "trainer.epochs=2000")


@pytest.fixture(autouse=True)
def _nothing_is_ignored() -> Iterator[None]:
    """Under nohup SIGHUP is ignored, and so it would be by the programs that are started here."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def start(*words: str, cwd: Path) -> "subprocess.Popen[str]":
    env = os.environ | {"PYTHONPATH": python_path(ROOT)}
    command = [sys.executable, str(ROOT / "train.py"), *words]
    return subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(file: Path) -> None:
    until = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < until, file
        time.sleep(0.02)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_a_run_with_its_last_epoch_and_a_summary(name: str, tmp_path: Path) -> None:
    process, number = start(*LONG, "hydra.run.dir=run", cwd=tmp_path), getattr(signal, name)
    wait_for(tmp_path / "run" / "last.npz")
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert errors == f"error: interrupted by {name}; resume=run goes on with it\n"
    found = summary(tmp_path / "run")
    epochs = found["epochs"]
    assert (found["state"], found["reason"]) == ("interrupted", f"interrupted by {name} in epoch {epochs + 1}")
    assert not list((tmp_path / "run").glob(".*"))
    done = train("resume=run", f"trainer.epochs={epochs + 1}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\nepoch ") <= 2  # the last epoch was kept, or it was just being written


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in Linux's /proc")
def test_a_signal_to_a_whole_sweep_leaves_a_study_to_go_on_with(tmp_path: Path) -> None:
    """As systemd, SLURM and a closed terminal do it: the workers get the signal too, and before their parent."""
    words = ("sweep=smoke", "trainer.epochs=10", "dataset.examples=12000", "hydra.sweeper.n_jobs=2")
    words = (*words, "hydra.sweeper.n_trials=5")
    sweep = RunningSweep(*words, cwd=tmp_path)
    sweep.wait_for_lines(1)
    workers = sweep.workers()
    for pid in [*workers, sweep.process.pid]:
        os.kill(pid, signal.SIGTERM)
    code, output, errors = sweep.end()
    assert (code, errors) == (143, "error: interrupted by SIGTERM\n")
    assert "study=s goes on with it" in output
    assert not {"RUNNING", "FAIL"} & set(states(sweep.folder))
    assert summary(sweep.folder)["counts"]["waiting"]
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    done = train(*words, "study=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    agrees_with_its_runs(sweep.folder, 5)


@contextmanager
def signal_at_the_end() -> Iterator[None]:
    """While the summary is written."""
    try:
        yield
    finally:
        signal.raise_signal(signal.SIGTERM)


def test_the_first_signal_counts_and_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    with pytest.raises(Terminated, match=r"^SIGHUP$") as caught, signals_interrupt(), signal_at_the_end():
        signal.raise_signal(signal.SIGHUP)
    assert caught.value.exit_code == 129
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_a_signal_that_is_ignored_or_handled_stays_so() -> None:
    heard: list[int] = []
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
        signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
        with signals_interrupt():
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGHUP, before[1])


def test_another_thread_leaves_signals_alone() -> None:
    errors: list[BaseException] = []

    def enter() -> None:
        try:
            with signals_interrupt():
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert not errors
