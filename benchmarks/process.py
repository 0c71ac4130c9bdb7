"""Programs of the project as processes: from a copy of the source, timed, with their memory."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
if "FMNIST_SOURCE" not in os.environ:  # another checkout to measure; else a copy, so that one can edit meanwhile
    os.environ["FMNIST_SOURCE"] = tempfile.mkdtemp(prefix="fmnist-source-")
    atexit.register(shutil.rmtree, os.environ["FMNIST_SOURCE"])
    for name in ("fmnist", "hydra_plugins", "conf"):
        shutil.copytree(ROOT / name, Path(os.environ["FMNIST_SOURCE"], name))
    shutil.copy(ROOT / "train.py", os.environ["FMNIST_SOURCE"])
SOURCE = Path(os.environ["FMNIST_SOURCE"])
TRAIN = (sys.executable, str(SOURCE / "train.py"))
sys.path.insert(0, str(SOURCE))


class Load:
    """How many cores other programs have kept busy since this object was made."""

    def __init__(self) -> None:
        self.begin, self.before = time.perf_counter(), foreign_seconds()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.begin

    @property
    def others(self) -> float:
        return max(0.0, foreign_seconds() - self.before) / self.seconds


def foreign_seconds() -> float:
    """Processor time of the whole machine without this process and its children that have ended."""
    total = psutil.cpu_times()
    busy = sum(getattr(total, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq", "steal"))
    return busy - sum(psutil.Process().cpu_times()[:4])


@dataclass(frozen=True)
class Run:
    """A process that has ended: wall time, processor time with its children's, the largest one's memory."""

    seconds: float
    cpu: float
    others: float
    peak_mb: float


def run(
    command: Sequence[str | Path],
    log: Path,
    cores: int = 0,
    watch: Callable[[psutil.Process], None] | None = None,
    **env: str,
) -> Run:
    """Run a program in the repository, where the data are found, with its output in the file `log`.

    `watch` is called with the process every 50 ms. The peak is at least what this process had at the start.

    Raises:
        SystemExit: the program failed.
    """
    load = Load()
    path = os.pathsep.join((str(SOURCE), str(ROOT / "benchmarks")))
    env = os.environ | {"PYTHONPATH": path, "WANDB_MODE": "disabled"} | env
    with log.open("w") as out, pin_cores(cores):
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
    while watch and psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        watch(psutil.Process(process.pid))
        time.sleep(0.05)
    _, status, usage = os.wait4(process.pid, 0)
    seconds, process.returncode = load.seconds, os.waitstatus_to_exitcode(status)
    if process.returncode:
        shown = " ".join(map(str, command))
        raise SystemExit(f"exit code {process.returncode} of {shown}\n{log.read_text()[-3000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, load.others, usage.ru_maxrss * unit / 1e6)


@contextmanager
def pin_cores(cores: int) -> Iterator[None]:
    """Processes that are started inside have the last so many cores, where the system can; 0: all."""
    if not (cores and hasattr(os, "sched_setaffinity")):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[-cores:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
