"""What a user feels: seconds until something happens, and memory, all of whole `python train.py …` processes."""

import json
import time
from pathlib import Path
from statistics import median

import psutil
from process import TRAIN, Run, run
from results import Result

TARGET = 0.89  # test accuracy of experiment=speedrun


def measure_feel(tmp: Path, quick: bool) -> Result:
    starts = 3 if quick else 9
    found: Result = {"help_seconds": median(train(tmp, ["--help"]).seconds for _ in range(starts))}
    print(f"--help  {found['help_seconds']:.2f} s")
    for tracker in ("none", "wandb"):
        key = f"first_step_{tracker}_seconds"
        found[key] = median([first_step(tmp, tracker) for _ in range(starts + 1)][1:])  # the first warms the caches
        print(f"first step, tracker={tracker}  {found[key]:.2f} s")
    short = ["trainer.epochs=1"]
    for name, overrides in {"default": short if quick else [], "1024_1024": ["model.width=1024", *short]}.items():
        found[f"peak_{name}_mb"] = train(tmp, [*overrides, f"hydra.run.dir={tmp / name}"]).peak_mb
        print(f"peak memory, {name}  {found[f'peak_{name}_mb']:.0f} MB")
    if psutil.LINUX:  # elsewhere nobody says what is shared
        found["sweep_worker_mb"] = (sweep_mb(tmp, 3) - sweep_mb(tmp, 1)) / 2
        print(f"a sweep worker beyond the first  {found['sweep_worker_mb']:.0f} MB")
    found["speedrun"] = [] if quick else [speedrun(tmp, seed) for seed in range(1, 6)]
    return found


def train(tmp: Path, overrides: list[str], cores: int = 0, **env: str) -> Run:
    return run([*TRAIN, *overrides], tmp / "train.log", cores, **env)


def first_step(tmp: Path, tracker: str) -> float:
    """Seconds from Enter until the first training step is done."""
    file = tmp / "first-step"
    overrides = ["+callbacks.first_step._target_=first_step.FirstStep", f"tracker={tracker}"]
    overrides.append(f"hydra.run.dir={tmp / f'first-step-{time.monotonic_ns()}'}")
    clock = {"BENCHMARK_BEGIN": str(time.monotonic()), "BENCHMARK_FILE": str(file)}
    train(tmp, overrides, WANDB_MODE="offline", **clock)
    return float(file.read_text())


def sweep_mb(tmp: Path, n_jobs: int) -> float:
    """Peak of a sweep's processes together, while each worker trains the default network.

    Proportional set sizes: shared pages count once.
    """
    peaks = [0.0]
    overrides = ["-m", "trainer.epochs=1", f"seed=range(1,{n_jobs + 1})", f"hydra.sweeper.n_jobs={n_jobs}"]
    command = [*TRAIN, *overrides, f"hydra.sweep.dir={tmp / f'memory-{n_jobs}'}"]
    run(command, tmp / "sweep.log", watch=lambda process: peaks.append(tree_mb(process)))
    return max(peaks)


def tree_mb(process: psutil.Process) -> float:
    """Of a process and all below it."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):  # it has ended meanwhile
            continue
    return total / 1e6


def speedrun(tmp: Path, seed: int) -> Result:
    """`experiment=speedrun` on one core; its accuracy is the test set's."""
    folder = tmp / f"speedrun-{seed}"
    seconds = train(tmp, ["experiment=speedrun", f"seed={seed}", f"hydra.run.dir={folder}"], cores=1).seconds
    accuracy = json.loads((folder / "summary.json").read_text())["test/accuracy"]
    print(f"speedrun, seed {seed}  {seconds:.1f} s  {accuracy:.4f}")
    return {"seed": seed, "seconds": seconds, "test_accuracy": accuracy, "reached": accuracy >= TARGET}
