"""Sixteen trials that sleep for 1 to 12 seconds, two at a time, by everything that starts workers."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from process import ROOT, SOURCE, TRAIN, Load
from results import Result
from study import sweep

if TYPE_CHECKING:
    from slurm import Slurm

SECONDS, QUICK = (1, 1.5, 2, 12), (0.1, 0.2)
REPEATS = 4
TRIAL = ("debug=tiny", "trainer.epochs=1", "tracker=none", "+callbacks.sleep._target_=sleeping.Sleep")
TWO = "hydra.sweeper.n_jobs=2"

sys.path.append(str(ROOT / "tests"))  # the servers of the tests


def measure_launchers(tmp: Path, quick: bool) -> Result:
    """Wall time of each whole command, and the share of its two workers' time in which trials slept."""
    seconds = QUICK if quick else SECONDS
    grid = [f"seed=range(1,{REPEATS + 1})", f"+callbacks.sleep.seconds={','.join(map(str, seconds))}"]
    asleep = REPEATS * sum(seconds)
    found: Result = {"command": f"train.py -m {' '.join(grid)}", "trials": REPEATS * len(seconds), "asleep": asleep}
    for name, path in PATHS.items():
        load = Load()
        wall = path(tmp / name, [*TRIAL, *grid])
        found[name] = {"wall": wall, "busy": asleep / (2 * wall), "others": load.others}
        found[name]["to_local"] = wall / found["local"]["wall"]
        print(f"launchers: {name} {wall:.1f} s, {found[name]['busy']:.0%} busy, others {load.others:.2f} cores")
    return found


def local(folder: Path, overrides: Sequence[str]) -> float:
    return sweep(folder, [*overrides, TWO]).seconds


def joblib(folder: Path, overrides: Sequence[str]) -> float:
    return sweep(folder, [*overrides, "hydra/launcher=joblib", TWO]).seconds


def submitit_slurm(folder: Path, overrides: Sequence[str]) -> float:
    with slurm() as one:
        words = ["hydra/launcher=submitit_slurm", "hydra.launcher.cpus_per_task=1", TWO]
        return sweep(folder, [*overrides, *words], **one.environment).seconds


def ray(folder: Path, overrides: Sequence[str]) -> float:
    from ray_cluster import PYTHON, Ray

    with patch.dict(os.environ, environment()):  # Ray's workers have that of their node
        cluster = Ray()
    try:
        where = f"hydra.launcher.ray.init.address={cluster.address}"
        words = ["hydra/launcher=ray", where, "+hydra.launcher.ray.init.object_store_memory=null", TWO]
        return sweep(folder, [*overrides, *words], [PYTHON, *TRAIN[1:]]).seconds
    finally:
        cluster.stop()


def sbatch_postgresql(folder: Path, overrides: Sequence[str]) -> float:
    """The same sweep twice, as an array of two jobs: they share the study in the database."""
    from postgres import Server

    server = Server()
    try:
        words = [*overrides, f"hydra.sweeper.storage={server.database('load')}", f"hydra.sweep.dir={folder}"]
        command = shlex.join([*TRAIN, "-m", *words])
        with slurm() as one, patch.dict(os.environ, environment()):
            load = Load()
            one.submit("--array=0-1", f"--output={folder}-%a.log", f"--wrap={command}", cwd=ROOT)
            one.wait(600)
            return load.seconds
    finally:
        server.stop()


@contextmanager
def slurm() -> "Iterator[Slurm]":
    from slurm import Slurm

    one = Slurm()
    try:
        yield one
    finally:
        one.stop()


def environment() -> Mapping[str, str]:
    """What `sweep` gives its process, for those that others start."""
    return {"PYTHONPATH": os.pathsep.join([str(SOURCE), str(ROOT / "benchmarks")]), "WANDB_MODE": "disabled"}


PATHS: Mapping[str, Callable[[Path, Sequence[str]], float]] = {
    "local": local,
    "joblib": joblib,
    "submitit_slurm": submitit_slurm,
    "ray": ray,
    "sbatch_postgresql": sbatch_postgresql,
}
