"""What the benchmarks share: sweeps as processes, their studies, the machine."""

import atexit
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

ROOT = Path(__file__).parents[1]
SOURCE = Path(tempfile.mkdtemp(prefix="fmnist-source-"))  # a copy, so that one can edit while they run
atexit.register(shutil.rmtree, SOURCE)
for name in ("fmnist", "hydra_plugins", "conf"):
    shutil.copytree(ROOT / name, SOURCE / name)
for name in ("train.py", "benchmarks/noop.py"):
    shutil.copy(ROOT / name, SOURCE)
sys.path.insert(0, str(SOURCE))
for folder in (ROOT / "data", ROOT.parent / "shared" / "data"):
    if folder.exists():
        os.environ.setdefault("FMNIST_DATA", str(folder))

os.environ["WANDB_MODE"] = "disabled"  # but where its cost is measured

Result = dict[str, Any]  # plain JSON


@dataclass
class Timing:
    """A process: its wall time, and how many cores others kept busy meanwhile (0: it was alone)."""

    seconds: float
    others: float


def run(
    words: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None, ok: Sequence[int] = (0,)
) -> Timing:
    """Run a program in the repository, so that the data are found; what it says goes to the log."""
    busy, own, begin = busy_seconds(), child_seconds(), time.perf_counter()
    with log.open("w") as out:
        environment = {**os.environ, **(env or {})}
        done = subprocess.run(words, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, check=False)
    seconds = time.perf_counter() - begin
    others = (busy_seconds() - busy - (child_seconds() - own)) / seconds
    if done.returncode not in ok:
        raise SystemExit(f"exit code {done.returncode} of {' '.join(map(str, words))}\n{log.read_text()[-3000:]}")
    return Timing(seconds, max(0.0, others))


def train(folder: Path, words: Sequence[str], script: Path = SOURCE / "train.py", wandb: str = "disabled") -> Timing:
    """A sweep of train.py into a folder."""
    env = {"PYTHONPATH": str(SOURCE), "WANDB_MODE": wandb}
    return run([sys.executable, script, "-m", *words, f"hydra.sweep.dir={folder}"], folder.with_suffix(".log"), env)


def child_seconds() -> float:
    """Processor time of all processes started here that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def busy_seconds() -> float:
    """Processor time of all processes of the machine; elsewhere than on Linux nobody says so cheaply."""
    try:
        user, nice, system, _idle, _wait, irq, softirq, steal, *_ = map(
            int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
        )
    except FileNotFoundError:
        return 0.0
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def trials(folder: Path) -> list["FrozenTrial"]:
    """The trials of a sweep's journal."""
    import optuna

    from fmnist.sweep.study.storage import open_storage

    storage = open_storage(str(folder / "study.journal"))
    (name,) = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage).get_trials(deepcopy=False)


def span(trial: "FrozenTrial") -> tuple[float, float]:
    """When a finished trial began and ended, in seconds."""
    assert trial.datetime_start is not None
    assert trial.datetime_complete is not None
    return trial.datetime_start.timestamp(), trial.datetime_complete.timestamp()


def machine() -> Result:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    packages = ("hydra-core", "omegaconf", "optuna", "numpy")
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def rounded(value: Any) -> Any:
    """Four figures are more than a shared machine gives."""
    if isinstance(value, dict):
        return {str(key): rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
