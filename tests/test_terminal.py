"""What a person sees at a real (pseudo) terminal: a living bar, a line per epoch, the table; no leftovers."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli import metrics, summary, train
from options import ROOT, python_path


def at_a_terminal(*overrides: str, cwd: Path) -> str:
    """All that the terminal was sent."""
    parent, child = pty.openpty()
    command = [sys.executable, str(ROOT / "train.py"), *overrides]
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm-256color"}
    process = subprocess.Popen(command, cwd=cwd, stdin=child, stdout=child, stderr=child, env=environment)
    os.close(child)
    sent = b""
    while True:
        try:
            sent += os.read(parent, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
    os.close(parent)
    assert process.wait(60) == 0, sent.decode()
    return sent.decode()


def test_a_bar_lives_while_it_trains_and_every_epoch_leaves_a_line(tmp_path: Path) -> None:
    sent = at_a_terminal("debug=tiny", "dataset.examples=20000", "trainer.epochs=6", cwd=tmp_path)
    assert "━" in sent
    assert "accuracy 0." in sent
    assert "examples/s" in sent
    for epoch in range(1, 7):
        assert f"epoch {epoch}/6" in sent
    assert "test accuracy" in sent
    assert "Traceback" not in sent
    assert "┘" in sent[-200:]
    assert "\x1b[?25h" in sent  # the cursor is back


def test_a_pipe_gets_plain_lines(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "train.py"), "debug=tiny"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
    assert "━" not in done.stdout
    assert len([line for line in done.stdout.splitlines() if line.startswith("epoch ")]) == 5


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("optimizer=n", {"optimizer=nadam", "optimizer=nesterov"}),
        ("hydra/sweeper/pruner=me", {"hydra/sweeper/pruner=median"}),
        ("hydra.sweeper.n_", {"hydra.sweeper.n_jobs=", "hydra.sweeper.n_trials="}),
    ],
)
def test_the_tab_key_completes_options_and_keys(typed: str, offered: set[str], tmp_path: Path) -> None:
    """As the function asks that `train.py -sc install=bash` gives to the shell."""
    asked = {"COMP_LINE": f"python train.py {typed}", "COMP_POINT": "100"}
    done = train("-sc", "query=bash", cwd=tmp_path, **asked)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == offered


def test_a_sweep_lives_in_one_table(tmp_path: Path) -> None:
    sent = at_a_terminal("-m", "debug=tiny", "optimizer=sgd,adam", "optimizer.lr=0.1,1e30", "study=s", cwd=tmp_path)
    for part in ("s: 4 of 4 trials, best ", "workers busy", "2 complete, 2 failed", "running", "left"):
        assert part in sent, part
    assert "/4  trial " not in sent  # no line for each trial beside the table
    assert "run it again" in sent
    assert "\x1b[?25h" in sent  # the cursor is back


# ---- output that fails


def bash(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What bash makes of it; $TRAIN and $FMNIST are the two programs."""
    programs = {"TRAIN": f"{sys.executable} {ROOT / 'train.py'}", "FMNIST": f"{sys.executable} -m fmnist"}
    env = os.environ | {"PYTHONPATH": python_path(ROOT), "COLUMNS": "100"} | programs
    command = ["bash", "-c", script]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


BASH = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


@BASH
@pytest.mark.parametrize("command", ["$TRAIN --help", "$TRAIN --cfg job", "$FMNIST --help", "$FMNIST compare --help"])
def test_a_reader_that_goes_away_ends_a_command_quietly(command: str, tmp_path: Path) -> None:
    done = bash(f"{command} | true; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert (done.returncode, done.stderr) == (141, "")


@BASH
def test_a_command_whose_output_finds_no_room_says_so(tmp_path: Path) -> None:
    done = bash("$TRAIN --cfg job >/dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == "error: the disk is full (No space left on device): make room\n"


@BASH
@pytest.mark.parametrize("where", ["| true", ">&-", ">/dev/full", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
def test_no_output_ends_a_training(where: str, tmp_path: Path) -> None:
    done = bash(f"$TRAIN debug=tiny hydra.run.dir=run {where}; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert summary(tmp_path / "run")["state"] == "finished"
    assert len(metrics(tmp_path / "run")) == 5


@BASH
def test_no_output_ends_a_sweep(tmp_path: Path) -> None:
    done = bash("$TRAIN -m debug=tiny seed=1,2 study=s | true; exit ${PIPESTATUS[0]}", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert summary(tmp_path / "multirun" / "s")["counts"]["complete"] == 2
