"""Several trackers at once, TensorBoard and MLflow read back by their own readers, and runs of an older layout."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import fmnist.terminal.user_errors  # noqa: F401  registers the resolver that config.yaml uses
from cli import TINY, metrics, run, summary, train, train_run
from fmnist.errors import ConfigError, FmnistError
from fmnist.experiment import build_experiment
from fmnist.files.history import read_history
from fmnist.interfaces import Metrics
from fmnist.tracker.base import BaseTracker
from fmnist.tracker.trackers import Trackers, build_trackers, study_trackers
from options import CONF, python_path

# MLflow and TensorBoard use what their libraries are about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
BOTH = "tracker=[tensorboard,mlflow]"


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Tag to steps and values, as TensorBoard shows them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder)).Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def mlflow_client(cwd: Path) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=f"sqlite:///{cwd / 'mlflow.db'}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was stopped after two epochs and resumed for two more."""
    cwd = tmp_path_factory.mktemp("trackers")
    train_run(*TINY, BOTH, "trainer.epochs=2", "model.width=[16,8]", "model.layers=2", cwd=cwd)
    done = train("resume=run", "trainer.epochs=4", cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stdout
    return cwd / "run"


def test_tensorboard_has_every_metric_of_every_epoch_once(folder: Path) -> None:
    pytest.importorskip("tensorboard")
    found = scalars(folder)
    rows = read_history(folder)
    assert len(rows) == 4
    for name in rows[0]:
        expected = [(int(row["epoch"]), row[name]) for row in rows]
        assert found[name] == [(step, pytest.approx(value, rel=1e-6)) for step, value in expected], name
    ((step, value),) = found["summary/test/accuracy"]
    assert (step, value) == (4, pytest.approx(summary(folder)["test/accuracy"]))


def test_tensorboard_has_the_config_and_how_the_run_ended(folder: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.metadata import SESSION_START_INFO_TAG, parse_session_start_info_plugin_data

    events = EventAccumulator(str(folder)).Reload()
    content = events.SummaryMetadata(SESSION_START_INFO_TAG).plugin_data.content
    info = parse_session_start_info_plugin_data(content)
    assert info.hparams["optimizer"].string_value == "adam"
    assert info.hparams["optimizer.lr"].number_value == 0.01
    assert info.hparams["model.width"].string_value == "[16,8]"
    assert info.hparams["trainer.epochs"].number_value == 4
    (text,) = events.Tensors("summary/state")
    assert text.tensor_proto.string_val == [b"finished"]


def test_mlflow_has_every_metric_of_every_epoch_once(folder: Path) -> None:
    pytest.importorskip("mlflow")
    client = mlflow_client(folder.parent)
    (found,) = client.search_runs([client.get_experiment_by_name("fmnist").experiment_id])
    rows = read_history(folder)
    for name in rows[0]:
        logged = sorted((metric.step, metric.value) for metric in client.get_metric_history(found.info.run_id, name))
        assert logged == [(int(row["epoch"]), row[name]) for row in rows], name
    assert found.info.run_name == "run"
    assert found.info.status == "FINISHED"
    assert found.data.params["optimizer"] == "adam"
    assert found.data.params["optimizer.lr"] == "0.01"
    assert found.data.params["model.width"] == "[16,8]"
    assert found.data.metrics["summary/test/accuracy"] == summary(folder)["test/accuracy"]
    assert found.data.tags["summary/state"] == "finished"


@pytest.mark.slow
def test_epochs_after_the_last_checkpoint_are_not_doubled(tmp_path: Path) -> None:
    """A run that is killed between its trackers and its checkpoint: they have an epoch that last.npz has not."""
    folder = train_run(*TINY, BOTH, "trainer.epochs=2", cwd=tmp_path)
    shutil.copy(folder / "last.npz", tmp_path / "before.npz")
    assert train("resume=run", "trainer.epochs=3", cwd=tmp_path).returncode == 0
    shutil.copy(tmp_path / "before.npz", folder / "last.npz")
    assert train("resume=run", "trainer.epochs=4", cwd=tmp_path).returncode == 0
    assert [step for step, _ in scalars(folder)["val/loss"]] == [1, 2, 3, 4]
    client = mlflow_client(tmp_path)
    run_id = (folder / "mlflow_run_id.txt").read_text()
    assert sorted(metric.step for metric in client.get_metric_history(run_id, "val/loss")) == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_run_that_diverges_failed_in_mlflow_too(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    done = train(
        *TINY, "tracker=mlflow", "optimizer=sgd", "optimizer.lr=1e30", "tracker.mlflow.name=mine", cwd=tmp_path
    )
    assert done.returncode == 1
    client = mlflow_client(tmp_path)
    (found,) = client.search_runs([client.get_experiment_by_name("fmnist").experiment_id])
    assert (found.info.run_name, found.info.status, found.data.tags["summary/state"]) == ("mine", "FAILED", "diverged")


@pytest.mark.slow
def test_trials_that_start_together_are_all_tracked(tmp_path: Path) -> None:
    """None of them finds MLflow's database or its experiment, and each wants to create them."""
    pytest.importorskip("mlflow")
    done = train(
        "-m", *TINY, "tracker=mlflow", "seed=1,2,3", "hydra.sweeper.n_jobs=3", "hydra.sweep.dir=sweep", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    client = mlflow_client(tmp_path)
    found = client.search_runs([client.get_experiment_by_name("fmnist").experiment_id])
    assert sorted(one.info.run_name for one in found) == ["0", "1", "2"]
    assert {one.data.tags["study"] for one in found} == {"sweep"}


@pytest.mark.parametrize(("option", "name"), [("tensorboard", "TensorBoard"), ("mlflow", "MLflow")])
def test_a_missing_package_is_one_line_before_any_work(option: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, option, None)
    with pytest.raises(FmnistError, match=f"^tracker={option}: {name} is not installed: pip install {option}$"):
        build_trackers(OmegaConf.load(CONF / "tracker" / f"{option}.yaml"))


class Recorder(BaseTracker):
    """Notes what it is given; fails at the epoch `fails`."""

    def __init__(self, fails: int = 0) -> None:
        self.fails, self.seen = fails, list[object]()

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        self.seen.append(len(history))

    def log(self, metrics: Metrics) -> None:
        if metrics["epoch"] == self.fails:
            raise OSError("the service\nis gone")
        self.seen.append(metrics["epoch"])

    def finish(self, summary: Mapping[str, Any]) -> None:
        self.seen.append(summary["state"])


def test_a_tracker_that_fails_costs_one_warning_and_the_others_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = Recorder(), Recorder(fails=2)
    trackers = Trackers({"bad": bad, "good": good})
    trackers.start(tmp_path, [])
    for epoch in (1, 2, 3):
        trackers.log({"epoch": epoch})
    trackers.finish({"state": "finished"})
    assert good.seen == [0, 1, 2, 3, "finished"]
    assert bad.seen == [0, 1]
    assert capsys.readouterr().out.splitlines() == [
        "warning: tracker=bad has failed (the service is gone); the run's own files have everything"
    ]


def test_a_tracker_that_was_not_started_is_not_finished() -> None:
    """A checkpoint that cannot be read ends a run before."""
    tracker = Recorder()
    Trackers({"it": tracker}).finish({"state": "failed"})
    assert tracker.seen == []


def test_a_service_that_fails_at_its_start_leaves_the_run_alone(tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    folder = train_run(*TINY, "tracker=mlflow", "tracker.mlflow.uri=nonsense://x", cwd=tmp_path)
    assert summary(folder)["state"] == "finished"
    assert "tracker=mlflow has failed" in (folder / "train.log").read_text()
    assert len(metrics(folder)) == 5


def test_only_a_tracker_of_studies_watches_one(tmp_path: Path) -> None:
    for section in (None, OmegaConf.create({}), OmegaConf.load(CONF / "tracker" / "tensorboard.yaml")):
        assert study_trackers(section, tmp_path, "mine", {}, 0) is None


@pytest.mark.parametrize(
    ("words", "choice", "keys"),
    [
        ("", "wandb", ["wandb"]),
        ("tracker=none", "none", []),
        ("tracker=[wandb,tensorboard]", "[wandb,tensorboard]", ["wandb", "tensorboard"]),
    ],
)
def test_choices_name_the_trackers(words: str, choice: str, keys: list[str], tmp_path: Path) -> None:
    folder = train_run(*TINY, *words.split(), cwd=tmp_path)
    choices = OmegaConf.load(folder / "choices.yaml")
    assert choices.tracker == choice
    assert choices.callbacks == "default"
    assert list(OmegaConf.load(folder / "config.yaml").tracker) == keys
    with initialize_config_dir(str(CONF), version_base="1.3"):
        assert list(compose("config", overrides=[f"tracker={choices.tracker}"]).tracker) == keys


LEAVES_A_FILE = '''
"""A user's callback."""

from dataclasses import dataclass

from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class Mine(Callback):
    word: str = "done"

    def epoch(self, training: TrainingState) -> None:
        assert (training.folder / "metrics.csv").read_text().count("\\n") == training.epoch + 1
        (training.folder / "mine.txt").write_text(f"{self.word} {training.epoch}")
'''


def test_a_callback_of_ones_own_is_two_files(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LEAVES_A_FILE)
    (tmp_path / "conf" / "callbacks").mkdir(parents=True)
    (tmp_path / "conf" / "callbacks" / "mine.yaml").write_text("mine:\n  _target_: mine.Mine\n  word: done\n")
    words = ("--config-dir=conf", *TINY, "callbacks=[default,mine]", "callbacks.mine.word=so", "hydra.run.dir=run")
    done = train(*words, cwd=tmp_path, PYTHONPATH=python_path(tmp_path, CONF.parent))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "mine.txt").read_text() == "so 5"
    assert (tmp_path / "run" / "best.npz").exists()
    chosen = OmegaConf.load(tmp_path / "run" / "choices.yaml").callbacks
    assert chosen == "[early_stopping,checkpoint,prune,progress,pictures,mine]"


OLD = {
    "wandb": {"_target_": "fmnist.tracker.wandb.Wandb", "mode": "offline", "project": "fmnist", "tags": []},
    "local": {"_target_": "fmnist.tracker.local.Local"},
    "none": {"_target_": "fmnist.tracker.none.NoTracker"},
}


@pytest.mark.parametrize("name", OLD)
def test_an_old_run_can_still_be_used(name: str, tmp_path: Path) -> None:
    """Its config.yaml has one tracker without a name, and the trainer where it was."""
    folder = train_run(*TINY, f"tracker={name}", "scheduler=constant", cwd=tmp_path)
    config = OmegaConf.load(folder / "config.yaml")
    config.tracker = OLD[name]
    config.trainer._target_ = "fmnist.trainer.Trainer"
    OmegaConf.save(config, folder / "config.yaml")
    done = train("resume=run", "trainer.epochs=7", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert summary(folder)["epochs"] == 7
    for command in ("evaluate", "histograms", "compare", "report") if name == "wandb" else ("evaluate",):
        done = run("-m", "fmnist", command, "run", cwd=tmp_path)
        assert done.returncode == 0, (command, done.stderr)
    assert "missing" not in json.loads((folder / "evaluation.json").read_text())


def test_an_old_tracker_keeps_its_keys() -> None:
    trackers = build_trackers(OmegaConf.create(OLD["wandb"])).trackers
    assert [(name, tracker.mode) for name, tracker in trackers.items()] == [("wandb", "offline")]  # type: ignore[attr-defined]
    assert not build_trackers(OmegaConf.create(OLD["local"])).trackers


def test_a_key_laid_over_the_trackers_is_named() -> None:
    """An old experiment file may say tracker.mode."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=["++tracker.mode=offline"])
    with pytest.raises(ConfigError, match=r"^tracker.mode=offline: .*tracker.wandb.mode"):
        build_experiment(config)
