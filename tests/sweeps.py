"""`python train.py -m …` and `sweep=…` as a user types them, and the study that they leave."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import optuna

from cli import train
from options import ROOT, python_path

optuna.logging.set_verbosity(optuna.logging.WARNING)
FINISHED = {"COMPLETE", "PRUNED", "FAIL"}


def run_sweep(*words: str, cwd: Path, study: str = "s", **environment: str) -> Path:
    """The folder of a sweep that must succeed."""
    done = train(*words, f"study={study}", cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "W&B has failed" not in done.stdout, done.stdout
    return cwd / "multirun" / study


def trials(folder: Path) -> list[optuna.trial.FrozenTrial]:
    from optuna.storages.journal import JournalFileBackend

    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    return optuna.load_study(study_name=folder.name, storage=storage).trials


def states(folder: Path) -> list[str]:
    return [trial.state.name for trial in trials(folder)]


def trial_summary(folder: Path, number: int) -> dict[str, Any]:
    """What the trial's own run says of itself."""
    return json.loads((folder / str(number) / "summary.json").read_text())


def agrees_with_its_runs(folder: Path, n_trials: int) -> None:
    """All trials are finished, their values are those of their runs, and none was trained twice to its end."""
    found = trials(folder)
    assert [trial.number for trial in found] == list(range(n_trials))
    for trial in found:
        assert trial.state.name in FINISHED, trial
        if trial.state.name == "COMPLETE":
            run = trial_summary(folder, trial.number)
            assert trial.value == run["value"]
            assert trial.user_attrs["epochs"] == run["epochs"]
            log = (folder / str(trial.number) / "train.log").read_text()
            assert log.count(f"epoch {run['epochs']}/{run['epochs']} ") <= 1  # 0: killed behind the checkpoint


class RunningSweep:
    """A sweep in the background."""

    def __init__(self, *words: str, cwd: Path, study: str = "s") -> None:
        command = [sys.executable, str(ROOT / "train.py"), *words, f"study={study}"]
        env = {**os.environ, "PYTHONPATH": python_path(ROOT), "COLUMNS": "200"}
        self.process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.folder = cwd / "multirun" / study

    def workers(self) -> list[int]:
        """The worker processes, by Linux's list of children; helpers of multiprocessing are none."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in listed if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def wait_for_lines(self, n: int) -> None:
        """Until n more trials have ended, or the sweep has."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            n -= "  trial " in line
            if n == 0:
                return

    def wait_for_epoch(self, number: int, timeout: float = 120) -> None:
        """Until the trial's run has finished an epoch."""
        until = time.monotonic() + timeout
        while not (self.folder / str(number) / "last.npz").exists():
            assert time.monotonic() < until, "the trial did not begin"
            time.sleep(0.02)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def end(self) -> tuple[int, str, str]:
        try:
            output, errors = self.process.communicate(timeout=120)
        except subprocess.TimeoutExpired:  # or it would disturb the tests behind this one
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode, output, errors
