"""Whatever is killed, the same command ends the study with exactly its budget, and nothing is run twice to its end."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from cli import train
from sweeps import RunningSweep, agrees_with_its_runs, states, trials

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in Linux's /proc")
# Trials of about half a second, most of it in epochs.
WORDS = ("sweep=smoke", "trainer.epochs=10", "dataset.examples=12000", "hydra.sweeper.n_jobs=2")


def test_a_killed_worker_costs_its_trial_and_nothing_else(tmp_path: Path) -> None:
    sweep = RunningSweep(*WORDS, "hydra.sweeper.n_trials=4", cwd=tmp_path)
    sweep.wait_for_epoch(0)
    os.kill(sweep.workers()[0], signal.SIGKILL)
    code, _, errors = sweep.end()
    assert code == 1, errors
    assert errors.startswith("error: lost: trials ")
    agrees_with_its_runs(sweep.folder, 4)
    assert sorted(states(sweep.folder)) == ["COMPLETE"] * 3 + ["FAIL"]
    (lost,) = [trial for trial in trials(sweep.folder) if trial.state.name == "FAIL"]
    assert lost.user_attrs["reason"] == "the worker died (signal 9)"


def test_a_killed_worker_is_started_again_if_asked(tmp_path: Path) -> None:
    sweep = RunningSweep(*WORDS, "hydra.sweeper.n_trials=4", "hydra.sweeper.retries=1", cwd=tmp_path)
    sweep.wait_for_epoch(0)
    os.kill(sweep.workers()[0], signal.SIGKILL)
    code, _, errors = sweep.end()
    assert code == 0, errors
    agrees_with_its_runs(sweep.folder, 4)
    assert states(sweep.folder) == ["COMPLETE"] * 4
    assert sorted(trial.user_attrs["attempts"] for trial in trials(sweep.folder)) == [1, 1, 1, 2]


def test_a_sweep_killed_again_and_again_ends_with_its_budget(tmp_path: Path) -> None:
    dice = random.Random(1)
    words = (*WORDS, "hydra.sweeper.n_trials=5")
    for _ in range(2):
        sweep = RunningSweep(*words, cwd=tmp_path)
        sweep.wait_for_lines(1)
        time.sleep(dice.random() * 0.6)
        workers = sweep.workers() if sweep.process.poll() is None else []
        sweep.kill()
        until = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < until:
            time.sleep(0.02)  # orphans see that their parent is gone
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    done = train(*words, "study=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    agrees_with_its_runs(tmp_path / "multirun" / "s", 5)
    assert states(tmp_path / "multirun" / "s") == ["COMPLETE"] * 5


def test_ctrl_c_leaves_a_study_to_go_on_with(tmp_path: Path) -> None:
    words = (*WORDS, "hydra.sweeper.n_trials=5")
    sweep = RunningSweep(*words, cwd=tmp_path)
    sweep.wait_for_lines(2)
    sweep.process.send_signal(signal.SIGINT)
    code, output, errors = sweep.end()
    assert code == 130
    assert errors == "error: interrupted\n"
    assert "study=s goes on with it" in output
    assert "RUNNING" not in states(sweep.folder)
    assert train(*words, "study=s", cwd=tmp_path).returncode == 0
    agrees_with_its_runs(sweep.folder, 5)
