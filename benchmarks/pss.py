"""What a sweep's worker takes of the memory: proportional set sizes, so that shared pages count once."""

import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from tools import ROOT, SOURCE


def worker_beyond_the_first(tmp: Path) -> float | None:
    """MB that a sweep takes more with three workers than with one, for each of the two; None without Linux's /proc."""
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    return (sweep(tmp, 3) - sweep(tmp, 1)) / 2


def sweep(tmp: Path, jobs: int) -> float:
    """Peak MB of a sweep's processes together, while each worker trains the default network."""
    words = [f"seed=range(1,{jobs + 1})", f"hydra.sweeper.n_jobs={jobs}", f"hydra.sweep.dir={tmp / f'pss-{jobs}'}"]
    command = [sys.executable, str(SOURCE / "train.py"), "-m", "trainer.epochs=1", *words]
    env = {**os.environ, "PYTHONPATH": str(SOURCE)}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(map(pss, tree(process.pid))))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}")
    return peak


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except OSError:  # it has ended meanwhile
            continue
        children[int(parent)].append(int(stat.parent.name))
    found = [pid]
    for process in found:
        found += children[process]
    return found


def pss(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
