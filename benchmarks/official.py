"""Time to 20 trials against the official hydra-optuna-sweeper, two workers each, on the same train.py and space."""

import hashlib
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from omegaconf import OmegaConf
from platformdirs import user_cache_dir
from process import SOURCE, TRAIN
from results import Result
from study import ratios, sweep

REQUIREMENTS = Path(__file__).with_name("requirements-official.txt")
SPACE = [
    "optimizer.lr=tag(log,interval(1e-4,1e-1))",
    "optimizer=sgd,momentum,rmsprop,adam,nadam",
    "activation=sigmoid,tanh,relu",
    "init=he,xavier",
    "model.layers=2,3,4",
    "model.width=256,128,64",
    "trainer.batch_size=32,64",
]
THEIRS = [
    "hydra/sweeper=optuna",
    "hydra.sweeper.direction=maximize",
    *(f"hydra.sweeper.sampler.{key}=true" for key in ("multivariate", "group", "constant_liar")),  # ours by default
    "hydra/launcher=joblib",
    "hydra.launcher.n_jobs=2",
]


def measure_official(tmp: Path, quick: bool) -> Result:
    """Per seed: ours with the median pruner, theirs, ours without pruning."""
    trials, epochs, limit, seeds = (4, 2, 4000, 1) if quick else (20, 8, 20000, 3)
    fixed = ["loss=mse", "scheduler=constant", f"trainer.epochs={epochs}", f"dataset.train_limit={limit}"]
    overrides = [*SPACE, *fixed, "trainer.threads=1", f"hydra.sweeper.n_trials={trials}", "hydra.sweeper.n_jobs=2"]
    overrides.append("hydra/sweeper/sampler=tpe")
    python, script = environment(), copy_without_sweeper(tmp)
    runs: dict[str, list[Result]] = {"ours": [], "official": [], "ours_unpruned": []}
    for seed in range(1, seeds + 1):
        for name, rows in runs.items():
            folder = tmp / f"{name}-{seed}"
            if name == "official":
                more = [*overrides, *THEIRS, f"hydra.sweeper.sampler.seed={seed}"]
                rows.append(measure(folder, more, [python, script], PYTHONPATH=""))  # without our plugin
            else:
                pruner = "none" if name == "ours_unpruned" else "median"
                more = [*overrides, f"hydra/sweeper/pruner={pruner}", f"hydra.sweeper.seed={seed}"]
                rows.append(measure(folder, more))
            last = rows[-1]
            print(f"official: seed {seed}  {name}  {last['seconds']:.1f} s  best {last['best']:.4f}  {last['states']}")

    times = {name: ratios(runs["official"], runs[name]) for name in ("ours", "ours_unpruned")}
    return {
        "command": f"train.py -m {' '.join(overrides)}",
        "versions": [line for line in REQUIREMENTS.read_text().splitlines() if line.startswith(("hydra", "optuna"))],
        "trials": trials,
        "ratio": median(times["ours"]),
        "ratios": times["ours"],
        "ratio_without_pruning": median(times["ours_unpruned"]),
        "ratios_without_pruning": times["ours_unpruned"],
        # Epochs' seconds over two slots' wall time: independent of whose points take longer.
        **{f"busy_{name}": median(row["busy"] for row in rows) for name, rows in runs.items()},
        **runs,
    }


def measure(folder: Path, overrides: list[str], command: Sequence[str | Path] = TRAIN, **env: str) -> Result:
    """training: the epochs' seconds of all trials, which tells whose points took longer."""
    ended = sweep(folder, overrides, command, **env)
    return {
        "seconds": ended.seconds,
        "training": ended.training,
        "busy": ended.training / (2 * ended.seconds),
        "best": OmegaConf.load(folder / "optimization_results.yaml").best_value,
        "states": Counter(summary["state"] for summary in ended.summaries),
        "others": ended.others,
    }


def environment() -> Path:
    """The Python of a virtual environment of its own, kept in the user's cache."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = Path(user_cache_dir("fmnist")) / f"official-{key}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        print("official: makes its environment")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
        (folder / "ready").touch()
    return python


def copy_without_sweeper(tmp: Path) -> Path:
    """train.py beside a conf/ without our sweeper, whose groups have the names of theirs."""
    folder = tmp / "official"
    shutil.copytree(SOURCE / "conf", folder / "conf", ignore=shutil.ignore_patterns("sweeper", "sweep"))
    (folder / "fmnist").symlink_to(SOURCE / "fmnist")
    config = folder / "conf" / "config.yaml"
    lines = config.read_text().splitlines(keepends=True)
    ours = ("- override hydra/sweeper:", "- sweep:")
    config.write_text("".join(line for line in lines if not line.strip().startswith(ours)))
    return shutil.copy(SOURCE / "train.py", folder)
