"""Time to 20 trials against the official hydra-optuna-sweeper, two workers each, on the same train.py and space."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median

from platformdirs import user_cache_dir
from tools import SOURCE, Result, Timing, run, train, trials

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
TPE = ["multivariate=true", "group=true", "constant_liar=true"]  # what ours has by default


def official(tmp: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """Per seed: ours with the median pruner, theirs, ours without pruning."""
    count, epochs, limit, seeds = (4, 2, 4000, 1) if quick else (20, 8, 20000, 3)
    fixed = ["loss=mse", "scheduler=constant", f"trainer.epochs={epochs}", f"dataset.train_limit={limit}"]
    fixed += ["trainer.threads=1"]
    words = [*SPACE, *fixed, f"hydra.sweeper.n_trials={count}", "hydra.sweeper.n_jobs=2", "hydra/sweeper/sampler=tpe"]
    python, copied = environment(say), copy(tmp)
    runs: dict[str, list[Result]] = {"ours": [], "official": [], "ours_unpruned": []}
    for seed in range(1, seeds + 1):
        for arm, found in runs.items():
            folder = tmp / f"{arm}-{seed}"
            if arm == "official":
                found.append(theirs(python, copied, folder, words, seed))
            else:
                pruner = "none" if arm == "ours_unpruned" else "median"
                found.append(ours(folder, [*words, f"hydra/sweeper/pruner={pruner}", f"hydra.sweeper.seed={seed}"]))
            last = found[-1]
            say(f"official: seed {seed}  {arm}  {last['seconds']:.1f} s  best {last['best']:.4f}  {last['states']}")

    def ratios(arm: str) -> list[float]:
        return [b["seconds"] / a["seconds"] for a, b in zip(runs[arm], runs["official"], strict=True)]

    return {
        "command": f"train.py -m {' '.join(words)}",
        "versions": [line for line in REQUIREMENTS.read_text().splitlines() if line.startswith(("hydra", "optuna"))],
        "trials": count,
        "ratio": median(ratios("ours")),
        "ratios": ratios("ours"),
        "ratio_without_pruning": median(ratios("ours_unpruned")),
        "ratios_without_pruning": ratios("ours_unpruned"),
        # Epochs' seconds over two slots' wall time: independent of whose points are the dearer ones.
        **{f"busy_{arm}": median(sweep["busy"] for sweep in found) for arm, found in runs.items()},
        **runs,
    }


def ours(folder: Path, words: list[str]) -> Result:
    timing = train(folder, words)
    found = trials(folder)
    states = Counter(trial.state.name.lower() for trial in found)
    best = max(trial.value for trial in found if trial.state.name == "COMPLETE" and trial.value is not None)
    return one(folder, timing, best, dict(states))


def theirs(python: Path, copied: Path, folder: Path, words: list[str], seed: int) -> Result:
    from omegaconf import OmegaConf

    words = [*words, "hydra/sweeper=optuna", "hydra.sweeper.direction=maximize", f"hydra.sweeper.sampler.seed={seed}"]
    words += [f"hydra.sweeper.sampler.{key}" for key in TPE]
    words += ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2", f"hydra.sweep.dir={folder}"]
    timing = run([python, copied / "train.py", "-m", *words], folder.with_suffix(".log"))
    best = OmegaConf.load(folder / "optimization_results.yaml").best_value
    return one(folder, timing, best, {"complete": len(list(folder.glob("*/summary.json")))})


def one(folder: Path, timing: Timing, best: float, states: dict[str, int]) -> Result:
    """A sweep; training: the epochs' seconds of all trials, which tells whose points were dearer."""
    training = sum(json.loads(file.read_text())["seconds"] for file in folder.glob("*/summary.json"))
    busy = training / (2 * timing.seconds)
    found = {"seconds": timing.seconds, "training": training, "busy": busy, "best": best}
    return {**found, "states": states, "others": timing.others}


def environment(say: Callable[[str], None]) -> Path:
    """Its own virtual environment, kept in the user's cache."""
    mark = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = Path(user_cache_dir("fmnist")) / f"official-{mark}"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        say("official: makes its environment")
        make: list[str | Path] = [sys.executable, "-m", "venv", "--clear", folder]
        install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]
        for words in (make, install):
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr)
        (folder / "ready").touch()
    return python


def copy(tmp: Path) -> Path:
    """train.py and conf/ without our sweeper, whose groups have the names of theirs."""
    folder = tmp / "official"
    shutil.copytree(SOURCE / "conf", folder / "conf", ignore=shutil.ignore_patterns("sweeper", "sweep"))
    shutil.copy(SOURCE / "train.py", folder)
    (folder / "fmnist").symlink_to(SOURCE / "fmnist")
    config = folder / "conf" / "config.yaml"
    lines = config.read_text().splitlines(keepends=True)
    dropped = ("- override hydra/sweeper:", "- sweep:")
    config.write_text("".join(line for line in lines if not line.strip().startswith(dropped)))
    return folder
