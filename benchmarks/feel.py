"""What a user feels: seconds until something happens, and memory, all of whole `python train.py …` processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from pss import worker_beyond_the_first
from tools import ROOT, SOURCE, Result

TARGET = 0.89
TRAIN = (sys.executable, str(SOURCE / "train.py"))


def feel(tmp: Path, quick: bool, say: Callable[[str], None]) -> Result:
    times = 3 if quick else 9
    found: Result = {"help_seconds": median(child(["--help"])["seconds"] for _ in range(times))}
    say(f"--help  {found['help_seconds']:.2f} s")
    for tracker in ("none", "wandb"):
        if (key := f"first_step_{tracker}_seconds") and (SOURCE / "conf" / "tracker" / f"{tracker}.yaml").exists():
            found[key] = median([first_step(tmp, tracker) for _ in range(times + 1)][1:])  # the first warms the caches
            say(f"first step, tracker={tracker}  {found[key]:.2f} s")
    short = ["trainer.epochs=1"]
    for name, words in {"default": short if quick else [], "1024_1024": ["model.width=1024", *short]}.items():
        run = child([*words, f"hydra.run.dir={tmp / name}"])
        found[f"peak_{name}_mb"] = run["peak_mb"]
        say(f"peak memory, {name}  {run['peak_mb']:.0f} MB")
    found["sweep_worker_mb"] = worker_beyond_the_first(tmp)
    say(f"a sweep worker beyond the first  {found['sweep_worker_mb'] or 0:.0f} MB")
    found["speedrun"] = [] if quick else speedruns(tmp, say)
    return found


def speedruns(tmp: Path, say: Callable[[str], None]) -> list[Result]:
    """`experiment=speedrun` for five seeds on one core; its accuracy is the test set's."""
    if not (SOURCE / "conf" / "experiment" / "speedrun.yaml").exists():
        say("skipped: there is no experiment=speedrun")
        return []
    runs = []
    for seed in range(1, 6):
        folder = tmp / f"speedrun-{seed}"
        run = child(["experiment=speedrun", f"seed={seed}", f"hydra.run.dir={folder}"], cores=1)
        accuracy = json.loads((folder / "summary.json").read_text())["test/accuracy"]
        runs.append({"seed": seed, "seconds": run["seconds"], "test_accuracy": accuracy, "reached": accuracy >= TARGET})
        say(f"speedrun, seed {seed}  {run['seconds']:.1f} s  {accuracy:.4f}")
    return runs


def child(words: Sequence[str], cores: int = 0) -> Result:
    """Seconds and peak memory of train.py with these words."""
    measured = [sys.executable, str(Path(__file__).with_name("child.py")), str(cores)]
    command = [*measured, *TRAIN, *words]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"train.py {' '.join(words)}\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def first_step(tmp: Path, tracker: str) -> float:
    """Seconds from Enter until the first training step is done."""
    file = tmp / "first-step"
    words = ["+callbacks.first_step._target_=first_step.FirstStep", f"tracker={tracker}"]
    words += ["tracker.wandb.mode=offline"] * (tracker == "wandb")
    words.append(f"hydra.run.dir={tmp / f'first-step-{tracker}-{time.monotonic_ns()}'}")
    clock = {"BENCHMARK_BEGIN": str(time.monotonic()), "BENCHMARK_FILE": str(file), "WANDB_MODE": "offline"}
    subprocess.run([*TRAIN, *words], cwd=ROOT, env=environment() | clock, stdout=subprocess.DEVNULL, check=True)
    seconds = float(file.read_text())
    file.unlink()
    return seconds


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{Path(__file__).parent}"}
