"""A sweep on a Ray cluster of two nodes, through Hydra's launcher."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import metrics
from options import ROOT, python_path
from ray_cluster import PYTHON, Ray, missing
from sweeps import agrees_with_its_runs, run_sweep, states, trials

pytestmark = [pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=str(missing()))]

GRID = ("-m", "debug=tiny", "callbacks.progress=null", "optimizer=sgd,adam", "seed=1,2")
# The plugin always sets a size of the object store, which a cluster that runs already refuses.
RAY = ("hydra/launcher=ray", "+hydra.launcher.ray.init.object_store_memory=null", "hydra.sweeper.n_jobs=2")


@pytest.fixture(scope="module")
def ray() -> Iterator[Ray]:
    ray = Ray()
    try:
        yield ray
    finally:
        ray.stop()


def train(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`python train.py …` in the environment of Ray, whose own warnings are not ours."""
    environment = {**os.environ, "PYTHONPATH": python_path(ROOT), "COLUMNS": "200", "PYTHONWARNINGS": "default"}
    command = [str(PYTHON), str(ROOT / "train.py"), *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=180, check=False)


def test_the_environment_agrees_with_what_its_packages_ask_for() -> None:
    done = subprocess.run([str(PYTHON), "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "No broken requirements found.\n")


def test_a_grid_on_two_nodes_has_the_values_of_the_local_workers(ray: Ray, tmp_path: Path) -> None:
    local = run_sweep(*GRID, cwd=tmp_path, study="local")
    done = train(*GRID, *RAY, f"hydra.launcher.ray.init.address={ray.address}", "study=ray", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    launched = tmp_path / "multirun" / "ray"
    agrees_with_its_runs(launched, 4)
    assert states(launched) == ["COMPLETE"] * 4
    assert [(trial.params, trial.value) for trial in trials(launched)] == [
        (trial.params, trial.value) for trial in trials(local)
    ]
    for number in range(4):
        ours, theirs = metrics(local / str(number)), metrics(launched / str(number))
        assert [row["val/loss"] for row in ours] == [row["val/loss"] for row in theirs]


def test_a_cluster_that_refuses_costs_no_trial(ray: Ray, tmp_path: Path) -> None:
    """A setting that Ray does not take is the launcher's error; the study then goes on with its whole budget."""
    where = f"hydra.launcher.ray.init.address={ray.address}"
    refused = train(*GRID, *RAY[::2], where, "study=s", cwd=tmp_path)
    assert refused.returncode != 0
    assert "object_store_memory" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert set(states(tmp_path / "multirun" / "s")) <= {"WAITING"}
    done = train(*GRID, *RAY, where, "study=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert states(tmp_path / "multirun" / "s") == ["COMPLETE"] * 4
