"""A full disk and a folder that cannot be written cost one line, and nothing that was already written."""

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli import TINY, metrics, summary, train, train_run
from options import ROOT
from sweeps import states

# Each epoch's checkpoints are about 2 MB; a second epoch finds no room.
LARGE = (*TINY, "model.width=3000", "trainer.epochs=2", "callbacks.progress=null")


def full_disk(tmp_path: Path, size: str) -> list[str]:
    """A command prefix under which `tmp_path`/small is a real file system of that size; empty where Linux forbids."""
    (tmp_path / "small").mkdir()
    mount = f'mount -t tmpfs -o size={size} tmpfs "{tmp_path}/small" && exec "$@"'
    prefix = ["unshare", "--mount", "--user", "--map-root-user", "sh", "-c", mount, "sh"]
    possible = shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if possible and possible.returncode == 0 else []


def test_a_full_disk_is_one_line_and_what_was_written_is_whole(tmp_path: Path) -> None:
    prefix = full_disk(tmp_path, "2m")
    if not prefix:
        pytest.skip("this system lets nobody but root mount a small file system; the next test stands in")
    # Keep a look at the small disk from outside its namespace: copy what is there when the process has ended.
    shell = f'"$@"; code=$?; cp -r "{tmp_path}/small" "{tmp_path}/seen"; exit $code'
    command = [sys.executable, str(ROOT / "train.py"), *LARGE, f"hydra.run.dir={tmp_path}/small/run"]
    done = subprocess.run([*prefix, "sh", "-c", shell, "sh", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "the disk is full" in done.stderr
    seen = tmp_path / "seen" / "run"
    assert (seen / "config.yaml").exists()
    assert len(metrics(seen)) == 1  # the epoch whose checkpoint found no room
    assert not list(seen.glob(".*"))  # no half-written file


def test_a_file_that_cannot_grow_is_one_line_and_the_run_can_go_on(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    command = [sys.executable, str(ROOT / "train.py"), *LARGE, "hydra.run.dir=run"]
    done = subprocess.run(command, cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the disk is full (File too large): make room, then resume=run goes on")
    assert summary(tmp_path / "run")["state"] == "failed"
    assert train("resume=run", cwd=tmp_path).returncode == 0
    straight = train_run(*LARGE, cwd=tmp_path, folder="straight")
    assert summary(tmp_path / "run")["value"] == summary(straight)["value"]


def test_a_trial_that_found_no_room_is_run_again_when_there_is_some(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

    words = ("-m", *TINY, "model.width=10,3000,11", "study=s", "trainer.epochs=2")
    command = [sys.executable, str(ROOT / "train.py"), *words]
    done = subprocess.run(command, cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the disk is full (trial 1: OSError: [Errno 27] File too large"), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert states(tmp_path / "multirun" / "s") == ["COMPLETE", "WAITING", "WAITING"]
    done = train(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert states(tmp_path / "multirun" / "s") == ["COMPLETE"] * 3
