"""The code, packages and machine of a run: what is needed to repeat it, or to explain other results."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import threadpoolctl

import fmnist
from fmnist.interfaces import Engine

PACKAGES = ("numpy", "hydra-core", "omegaconf")
ENGINE_PACKAGES = {"numpy": (), "numba": ("numba", "llvmlite")}


def collect_environment(engine: Engine) -> dict[str, Any]:
    """Versions, engine, processor, BLAS, threads and the state of the code, as plain data."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "git": git_state(Path(fmnist.__file__).parent),
        "fmnist": fmnist.__version__,
        "engine": engine.description,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES + ENGINE_PACKAGES.get(engine.name, ())},
        "system": platform.platform(),
        "cpu": cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "blas": [
            {key: library.get(key) for key in ("internal_api", "version", "architecture", "num_threads")}
            for library in threadpoolctl.threadpool_info()
            if library["user_api"] == "blas"
        ],
    }


def git_state(folder: Path) -> dict[str, Any]:
    """The commit, and whether the code differs from it; nulls outside a git checkout."""
    try:
        commit = ask_git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(ask_git(folder, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def ask_git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def cpu_name() -> str:
    """The processor's model, or at least its kind."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
