"""The contracts of callbacks, trackers, engines, samplers, pruners, commands and pictures, for every file on disk.

The other kinds of options have a file each: test_optimizer.py, test_activation.py and so on.
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import optuna
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

import fmnist.config.resolvers  # noqa: F401  config.yaml uses them
from fmnist.__main__ import main
from fmnist.errors import FmnistError
from fmnist.experiment import Experiment
from fmnist.interfaces import Metrics, Tracker
from fmnist.sweep.study.instantiate import build_pruner, build_sampler
from fmnist.training.callback import Callback
from fmnist.training.generators import spawn_generators
from fmnist.training.state import TrainingState
from options import CONF, ROOT, build_or_skip, option_names

SMALL = ("dataset=blobs", "dataset.examples=200", "model.layers=1", "model.width=8", "trainer.epochs=4")
# Optuna asks for a bound; the option has none, for it depends on the objective.
NEEDED: dict[str, dict[str, Any]] = {"threshold": {"lower": 0.0}}
SPACE = {
    "lr": FloatDistribution(1e-4, 1e-1, log=True),
    "layers": IntDistribution(1, 5),
    "optimizer": CategoricalDistribution(["sgd", "adam"]),
}


def parts(*overrides: str) -> Experiment:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=["tracker=none", *SMALL, *overrides])
    return build_or_skip(config)


# ---- callbacks


class StopAfter(Callback):
    def __init__(self, epoch: int) -> None:
        self.last = epoch

    def epoch(self, training: TrainingState) -> None:
        if training.epoch == self.last:
            training.stop = "the test has seen enough"


def fit(folder: Path, *overrides: str, stop_after: int = 99, checkpoint: Any = None) -> TrainingState:
    """Train from the start, or from a checkpoint on, with the callbacks of the config."""
    folder.mkdir(exist_ok=True)
    of = parts(*overrides)
    splits, rng = of.load(), spawn_generators(1)
    network = of.network(splits, rng)
    of.optimizer.bind(network.params, of.engine)
    size = splits.train.size
    training = TrainingState(network, of.optimizer, rng, of.objective, folder, of.trainer.epochs, size, of.engine)
    if checkpoint:
        training.load(checkpoint, "the test")
    callbacks = [*of.callbacks, StopAfter(stop_after)]
    of.trainer.fit(training, splits, of.loss, of.scheduler, of.augment, callbacks)
    return training


def without_clock(history: list[Metrics]) -> list[Metrics]:
    return [{k: v for k, v in row.items() if k not in ("seconds", "examples_per_second")} for row in history]


@pytest.mark.parametrize("name", option_names("callbacks"))
def test_a_callback_remembers_nothing_that_changes_a_resumed_run(name: str, tmp_path: Path) -> None:
    """Stopped after two epochs and resumed with new callbacks, a training ends as if it had never been stopped."""
    chosen = (f"callbacks={name}", "engine=numpy")
    whole = fit(tmp_path / "whole", *chosen)
    half = fit(tmp_path / "half", *chosen, stop_after=2)
    assert half.epoch == min(2, whole.epoch)
    resumed = fit(tmp_path / "half", *chosen, checkpoint=half.state())
    np.testing.assert_array_equal(resumed.network.params.theta, whole.network.params.theta)
    assert without_clock(resumed.history) == without_clock(whole.history)
    assert resumed.stop == whole.stop


# ---- trackers


def tracker(name: str) -> Tracker:
    return parts(f"tracker={name}").trackers


def row(epoch: int) -> Metrics:
    return {"epoch": epoch, "train/loss": 1 / epoch, "train/accuracy": 0.5, "lr": 0.1, "seconds": 1.0}


@pytest.mark.parametrize("name", option_names("tracker"))
def test_a_tracker_survives_a_run_and_a_resume_and_writes_to_its_folder_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "run"
    for each in (elsewhere, folder):
        each.mkdir()
    (folder / "config.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")  # where the user's own would be
    history: list[Metrics] = []
    for epochs in ((1, 2, 3), (4,)):
        tracking = tracker(name)
        tracking.start(folder, tuple(history))
        for epoch in epochs:
            logged = row(epoch)
            assert tracking.log(logged) is None
            assert logged == row(epoch)
            history.append(logged)
        tracking.finish({"state": "finished", "value": 0.5})
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", option_names("tracker"))
def test_a_tracker_may_be_finished_without_a_start(name: str) -> None:
    """So ends a run that failed before its first epoch."""
    tracker(name).finish({"state": "failed", "reason": "no data"})


# ---- engines


@pytest.mark.parametrize("name", option_names("engine"))
def test_every_engine_trains_the_same_network_to_rounding(name: str, tmp_path: Path) -> None:
    plain = ("callbacks.pictures=null", "trainer.epochs=2")
    try:
        found = fit(tmp_path / name, *plain, f"engine={name}")
    except FmnistError as error:
        pytest.skip(str(error))
    expected = fit(tmp_path / "expected", *plain, "engine=numpy")
    assert found.history[-1]["train/loss"] < found.history[0]["train/loss"]
    np.testing.assert_allclose(found.network.params.theta, expected.network.params.theta, rtol=1e-3, atol=1e-5)


# ---- samplers and pruners


def option(group: str, name: str) -> dict[str, Any]:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=[f"hydra/sweeper/{group}={name}"], return_hydra_config=True)
    values: Any = OmegaConf.to_container(config.hydra.sweeper[group])
    return values | NEEDED.get(name, {})


def points(name: str, seed: int, n: int = 11) -> list[dict[str, Any]]:
    """What a sampler proposes where small is good; most draw ten at random before they learn."""
    study = optuna.create_study(sampler=build_sampler(option("sampler", name), seed))
    for _ in range(n):
        trial = study.ask(SPACE)
        study.tell(trial, trial.params["lr"] * trial.params["layers"])
    return [trial.params for trial in study.trials]


# A grid needs none: its points are queued.
@pytest.mark.parametrize("name", [name for name in option_names("hydra/sweeper/sampler") if name != "grid"])
def test_a_sampler_stays_in_the_space_and_repeats_with_its_seed(name: str) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        proposed = points(name, seed=1)
    except FmnistError as error:
        pytest.skip(str(error))
    for point in proposed:
        assert point.keys() == SPACE.keys()
        assert all(SPACE[key]._contains(SPACE[key].to_internal_repr(value)) for key, value in point.items())
    assert len({str(point) for point in proposed}) > 6
    assert points(name, seed=1) == proposed
    assert points(name, seed=2, n=3) != proposed[:3]


@pytest.mark.parametrize("name", option_names("hydra/sweeper/pruner"))
def test_a_pruner_answers_and_spares_the_best(name: str) -> None:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = build_pruner(option("pruner", name))
    study = optuna.create_study(direction="maximize", pruner=pruner)
    for quality in (1, 2, 3, 4, 5, 6, 7, 8, 0):
        trial = study.ask()
        for epoch in range(1, 8):
            trial.report(0.1 * quality + 0.01 * epoch, epoch)
            prune = trial.should_prune()
            assert prune in (True, False)
            if quality and not isinstance(pruner, optuna.pruners.ThresholdPruner):  # whose bounds may be anywhere
                assert not prune, "it is better than all before, and still gets better"
        study.tell(trial, 0.1 * quality)


# ---- commands and pictures


def files(folder: str) -> list[str]:
    return sorted(file.stem for file in (ROOT / "fmnist" / folder).glob("*.py") if file.stem != "__init__")


@pytest.mark.parametrize("name", files("command"))
def test_a_command_is_listed_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    first_line = (inspect.getdoc(import_module(f"fmnist.command.{name}")) or "").partition("\n")[0]
    assert first_line
    for typed in (["--help"], [name.replace("_", "-"), "--help"]):
        monkeypatch.setattr(sys, "argv", ["fmnist", *typed])
        with pytest.raises(SystemExit) as end:
            main()
        assert end.value.code == 0
        printed = capsys.readouterr().out
        assert name.replace("_", "-") in printed
        assert first_line in printed


@pytest.mark.parametrize("name", [name for name in files("picture") if name not in ("style", "mosaic")])
def test_a_picture_is_a_function_that_says_what_it_draws_and_returns_a_figure(name: str) -> None:
    from matplotlib.figure import Figure

    module = import_module(f"fmnist.picture.{name}")
    draw = inspect.unwrap(getattr(module, name))
    assert inspect.getdoc(module)
    assert inspect.getdoc(draw)
    assert get_type_hints(draw, {**vars(module), "Figure": Figure})["return"] is Figure
