"""Hydra's own launchers run the trials of a sweep: the way to a cluster, tried with the two that need none."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from cli import metrics, train
from fuzz_overrides import machinery, message_of
from sweeps import agrees_with_its_runs, run_sweep, states, trial_summary, trials


def is_installed(package: str) -> bool:
    try:
        return find_spec(f"hydra_plugins.{package.replace('-', '_')}") is not None
    except ModuleNotFoundError:  # no plugin at all
        return False


PACKAGES = {"joblib": "hydra-joblib-launcher", "submitit_local": "hydra-submitit-launcher"}
LAUNCHERS = [
    pytest.param(
        name,
        marks=[
            pytest.mark.skipif(not is_installed(package), reason=f"the launcher is missing: pip install {package}"),
            *[pytest.mark.slow] * (name != "joblib"),
        ],
    )
    for name, package in PACKAGES.items()
]
GRID = ("-m", "debug=tiny", "callbacks.progress=null", "optimizer=sgd,adam")


@pytest.fixture(params=LAUNCHERS)
def launcher(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_sweep(*GRID, cwd=tmp_path_factory.mktemp("local"))


def test_a_grid_has_the_values_of_the_local_workers(launcher: str, local: Path, tmp_path: Path) -> None:
    launched = run_sweep(*GRID, f"hydra/launcher={launcher}", "hydra.sweeper.n_jobs=2", cwd=tmp_path, study="launched")
    agrees_with_its_runs(launched, 2)
    assert states(launched) == ["COMPLETE"] * 2
    assert [(trial.params, trial.value) for trial in trials(launched)] == [
        (trial.params, trial.value) for trial in trials(local)
    ]
    for number in range(2):
        ours, theirs = metrics(local / str(number)), metrics(launched / str(number))
        assert [row["val/loss"] for row in ours] == [row["val/loss"] for row in theirs]


def test_pruned_failed_and_complete_trials_are_told_apart(launcher: str, tmp_path: Path) -> None:
    """An untrained network has an accuracy near 0.1, which the threshold stops; a huge rate diverges."""
    folder = run_sweep(
        *("-m", "debug=tiny", "optimizer.lr=1e-12,1e30,0.03", f"hydra/launcher={launcher}", "hydra.sweeper.n_jobs=3"),
        *("hydra/sweeper/pruner=threshold", "hydra.sweeper.pruner.lower=0.3", "hydra.sweeper.pruner.n_warmup_steps=2"),
        cwd=tmp_path,
    )
    agrees_with_its_runs(folder, 3)
    assert states(folder) == ["PRUNED", "FAIL", "COMPLETE"]
    pruned, failed, complete = trials(folder)
    assert pruned.user_attrs["epochs"] == len(pruned.intermediate_values) == trial_summary(folder, 0)["epochs"] < 5
    assert pruned.user_attrs["reason"] == f"pruned after epoch {pruned.user_attrs['epochs']}"
    assert "diverged" in failed.user_attrs["reason"]
    figures = [float(row["val/accuracy"]) for row in metrics(folder / "2")]
    assert list(complete.intermediate_values.values()) == figures


@pytest.mark.skipif(not is_installed(PACKAGES["joblib"]), reason="pip install hydra-joblib-launcher")
def test_trials_in_the_sweeps_own_process_print_nothing(tmp_path: Path) -> None:
    """joblib with one job runs it without another process."""
    alone = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=1", "hydra.sweeper.n_jobs=2")
    done = train("-m", "debug=tiny", *alone, "optimizer.lr=0.03,1e30", "study=s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "  trial 0 complete  " in done.stdout
    assert "  trial 1 failed  diverged in epoch 1" in done.stdout
    assert "the engine is" not in done.stdout
    assert "epoch 1/" not in done.stdout
    assert (tmp_path / "multirun" / "s" / "0" / "train.log").read_text().count("the engine is") == 1


@pytest.mark.parametrize("word", ["hydra.launcher._target_=nowhere", "hydra.launcher=null", "hydra.launcher=5"])
def test_a_launcher_that_is_none_is_one_line(word: str) -> None:
    with machinery():
        code, errors = message_of(("-m", "debug=tiny", "optimizer=sgd,adam", word))
    assert code == 2
    assert errors.startswith("error: hydra.launcher=")
    assert len(errors.splitlines()) == 1, errors


def test_a_search_runs_on_without_an_installed_project(launcher: str, tmp_path: Path) -> None:
    """`python train.py` finds the project beside itself; the launcher's processes must find it too."""
    words = ("sweep=smoke", "study=s", f"hydra/launcher={launcher}", "hydra.sweeper.n_jobs=2")
    pruner = ("hydra/sweeper/pruner=median", "hydra.sweeper.n_trials=2")
    done = train(*words, *pruner, cwd=tmp_path, PYTHONPATH="")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "multirun" / "s"
    agrees_with_its_runs(folder, 2)
    assert set(states(folder)) <= {"COMPLETE", "PRUNED"}
