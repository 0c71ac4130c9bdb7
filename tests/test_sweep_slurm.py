"""Sweeps on a real SLURM: through submitit, and as an array of workers; jobs and parents may die."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from optuna.trial import FrozenTrial

import postgres
from cli import metrics, train
from options import ROOT, python_path
from postgres import Server, Sweep, counts
from slurm import Slurm, missing
from sweeps import RunningSweep, agrees_with_its_runs, run_sweep, states, trials

pytestmark = [pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=str(missing()))]

GRID = ("-m", "debug=tiny", "callbacks.progress=null", "optimizer=sgd,adam", "seed=1,2")
SUBMITIT = ("hydra/launcher=submitit_slurm", "hydra.sweeper.n_jobs=2", "hydra.launcher.cpus_per_task=1")
EPOCHS = 40
SEARCH = ("sweep=smoke", f"trainer.epochs={EPOCHS}", "dataset.examples=12000", "hydra.sweeper.n_trials=6")
WORKER = str(ROOT / "docs" / "worker.sbatch")


@pytest.fixture(scope="module")
def one() -> Iterator[Slurm]:
    slurm = Slurm()
    try:
        yield slurm
    finally:
        slurm.stop()


@pytest.fixture
def slurm(one: Slurm, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slurm]:
    """Reached by whatever the test starts; its jobs find this Python and the project."""
    python = str(Path(sys.executable).parent)
    for name, value in {**one.environment, "PATH": f"{python}{os.pathsep}{one.environment['PATH']}"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", python_path(ROOT))
    yield one
    one.cancel()


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/study.db"
        return
    if reason := postgres.missing():
        pytest.skip(reason)
    server = Server()
    try:
        yield server.database("slurm")
    finally:
        server.stop()


def logs(folder: Path) -> str:
    """What the workers of an array said."""
    return "\n".join(log.read_text() for log in sorted(folder.glob("fmnist-*.log")))


def were_run_once(found: list[FrozenTrial], runs: Path, n_trials: int) -> None:
    """Each trial is complete with its run's value, by one run whose every epoch was trained once."""
    assert [trial.number for trial in found] == list(range(n_trials))
    for trial in found:
        assert trial.state.name == "COMPLETE", trial
        run = runs / str(trial.number)
        rows = metrics(run)
        assert [row["epoch"] for row in rows] == [str(epoch) for epoch in range(1, EPOCHS + 1)]
        assert list(trial.intermediate_values.values()) == [float(row["val/accuracy"]) for row in rows]
        log = (run / "train.log").read_text()
        for epoch in range(1, EPOCHS + 1):  # 0: told to leave between the checkpoint and the line
            assert log.count(f"epoch {epoch}/{EPOCHS} ") <= 1, (trial.number, epoch)


def killed_sweep(url: str, cwd: Path) -> None:
    """A study whose sweep was killed behind its first trials."""
    sweep = Sweep(*SEARCH, "study=s", f"hydra.sweeper.storage={url}", cwd=cwd)
    sweep.wait_until_finished(1)
    sweep.kill()


def test_a_grid_through_submitit_has_the_values_of_the_local_workers(slurm: Slurm, tmp_path: Path) -> None:
    local = run_sweep(*GRID, cwd=tmp_path, study="local")
    launched = run_sweep(*GRID, *SUBMITIT, cwd=tmp_path, study="launched")
    agrees_with_its_runs(launched, 4)
    assert states(launched) == ["COMPLETE"] * 4
    assert [(trial.params, trial.value) for trial in trials(launched)] == [
        (trial.params, trial.value) for trial in trials(local)
    ]
    for number in range(4):
        ours, theirs = metrics(local / str(number)), metrics(launched / str(number))
        assert [row["val/loss"] for row in ours] == [row["val/loss"] for row in theirs]


def test_the_jobs_of_a_killed_sweep_go_on_and_the_next_sweep_waits_for_them(slurm: Slurm, tmp_path: Path) -> None:
    going = RunningSweep(*SEARCH, *SUBMITIT, cwd=tmp_path)
    going.wait_for_epoch(1)
    going.kill()
    assert len(slurm.jobs()) == 2
    done = train(*SEARCH, *SUBMITIT, "study=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    were_run_once(trials(going.folder), going.folder, 6)
    assert [trial.user_attrs["attempts"] for trial in trials(going.folder)] == [1] * 6  # by the orphans, or after them


def test_a_killed_job_costs_its_own_trial_an_attempt_at_most(slurm: Slurm, tmp_path: Path) -> None:
    going = RunningSweep(*SEARCH, *SUBMITIT, "hydra.sweeper.retries=1", cwd=tmp_path)
    going.wait_for_epoch(1)
    slurm.run("scancel", "--signal=KILL", "--full", slurm.jobs()[0])
    code, _, errors = going.end()
    assert code == 0, errors
    were_run_once(trials(going.folder), going.folder, 6)
    attempts = [trial.user_attrs["attempts"] for trial in trials(going.folder)]
    assert sorted(attempts) == [1, 1, 1, 1, 1, 2]


def test_an_array_of_workers_ends_what_a_killed_sweep_began(slurm: Slurm, storage: str, tmp_path: Path) -> None:
    killed_sweep(storage, tmp_path)
    array = slurm.submit("--array=0-1", WORKER, storage, "s", cwd=tmp_path)
    slurm.wait(240)
    assert {f"{array}_{i}|COMPLETED|node" for i in (0, 1)} <= set(slurm.run("sacct").splitlines()), logs(tmp_path)
    were_run_once(postgres.trials(storage, "s"), tmp_path / "multirun" / "s", 6)


def test_a_cancelled_worker_hands_its_trial_back(slurm: Slurm, storage: str, tmp_path: Path) -> None:
    killed_sweep(storage, tmp_path)
    before = counts(postgres.trials(storage, "s"))["COMPLETE"]
    alone = slurm.submit(WORKER, storage, "s", cwd=tmp_path)
    slurm.wait_until(lambda: counts(postgres.trials(storage, "s"))["COMPLETE"] > before, 120)
    slurm.wait_until(lambda: "RUNNING" in counts(postgres.trials(storage, "s")))
    slurm.run("scancel", alone)
    slurm.wait(15)  # ten of the worker's own, and SLURM's
    assert "RUNNING" not in counts(postgres.trials(storage, "s")), logs(tmp_path)
    slurm.submit("--array=0-1", WORKER, storage, "s", cwd=tmp_path)
    slurm.wait(240)
    were_run_once(postgres.trials(storage, "s"), tmp_path / "multirun" / "s", 6)
