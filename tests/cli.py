"""Run `python train.py …` as a user types it, in a folder of the test."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import fork_server
from options import ROOT, python_path

TINY = ("debug=tiny", "callbacks.progress=null")


# Warnings are errors, except for database connections that Optuna closes only when the process ends.
STRICT = "error,ignore::ResourceWarning"


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished process; nothing is checked."""
    words = tuple(str(word) for word in words)
    env = {**os.environ, "PYTHONPATH": python_path(ROOT), "PYTHONWARNINGS": STRICT, "COLUMNS": "200", **environment}
    if "WANDB_SERVICE" not in environment:  # that of a test in this process ends with it
        env.pop("WANDB_SERVICE", None)
    if sys.platform == "linux" and words[0] != "-c" and not any(name.startswith("PYTHON") for name in environment):
        return fork_server.run(words, cwd, env, timeout=120)
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def train(*overrides: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(str(ROOT / "train.py"), *overrides, cwd=cwd, **environment)


def train_run(*overrides: str, cwd: Path, folder: str = "run") -> Path:
    """The folder of a run that must succeed."""
    done = train(*overrides, f"hydra.run.dir={folder}", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return cwd / folder


def summary(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "summary.json").read_text())


def metrics(folder: Path) -> list[dict[str, Any]]:
    """The rows of metrics.csv, values as text."""
    return list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
