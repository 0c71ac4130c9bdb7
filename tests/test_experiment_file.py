"""An experiment file gives its run again: the same config, the same figures to the bit."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

import fmnist.config.resolvers  # noqa: F401  config.yaml uses them
from cli import TINY, summary, train, train_run
from fmnist.errors import ConfigError
from fmnist.run.experiment_file import experiment_text
from options import CONF


def from_conf(overrides: list[str]) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=overrides)


def rerun(cwd: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> tuple[Path, Path, str]:
    """A run, the run of its experiment file by the real command line, and the file's text."""
    first = train_run(*overrides, cwd=cwd, folder="sweep/7")
    monkeypatch.chdir(cwd)
    text = experiment_text(Path("sweep") / "7", from_conf)
    (cwd / "sweep" / "experiment").mkdir()
    (cwd / "sweep" / "experiment" / "best.yaml").write_text(text)
    done = train("--config-dir", "sweep", "experiment=best", "hydra.run.dir=again", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return first, cwd / "again", text


def same_run(first: Path, again: Path) -> None:
    assert (again / "config.yaml").read_text() == (first / "config.yaml").read_text()
    for key in ("state", "objective", "value", "test/loss", "test/accuracy", "epochs"):
        assert summary(again)[key] == summary(first)[key], key
    assert summary(again)["last"]["train/loss"] == summary(first)["last"]["train/loss"]


OVERRIDES = (
    "optimizer=momentum",
    "optimizer.lr=0.012345678901234568",
    "optimizer.weight_decay=1e-7",
    "model.layers=2",
    "model.width=[12,8]",
    "init=xavier",
    "trainer.clip_norm=1",
    "callbacks.early_stopping=null",
    "seed=7",
    "objective=val/loss",
)


def test_a_run_is_reproduced_from_its_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, again, text = rerun(tmp_path, monkeypatch, *TINY, *OVERRIDES)
    same_run(first, again)
    assert (again / "choices.yaml").read_text() == (first / "choices.yaml").read_text()
    assert text == (
        "# @package _global_\n"
        "# python train.py --config-dir sweep experiment=best\n"
        "defaults:\n"
        "  - override /dataset: blobs\n"
        "  - override /init: xavier\n"
        "  - override /optimizer: momentum\n"
        "\n"
        "seed: 7\n"
        "objective: val/loss\n"
        "model:\n  width:\n  - 12\n  - 8\n"
        "optimizer:\n  lr: 0.012345678901234568\n  weight_decay: 1.0e-07\n"
        "trainer:\n  epochs: 5\n  clip_norm: 1\n"
        "callbacks:\n  early_stopping: null\n  progress: null\n  pictures: null\n"
    )


def test_a_key_that_was_taken_away_stays_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, again, text = rerun(
        tmp_path, monkeypatch, *TINY, "~callbacks.checkpoint", "optimizer=momentum", "~optimizer.momentum"
    )
    ours, theirs = (OmegaConf.to_container(OmegaConf.load(run / "config.yaml")) for run in (first, again))
    assert ours == theirs
    assert "momentum" not in theirs["optimizer"]
    assert summary(again)["value"] == summary(first)["value"]
    second = OmegaConf.create(experiment_text(again, from_conf))  # the rerun's choices hold nulls
    assert second.callbacks == OmegaConf.create(text).callbacks
    assert second.optimizer == OmegaConf.create(text).optimizer


def test_the_default_run_needs_neither_options_nor_keys(tmp_path: Path) -> None:
    config = OmegaConf.to_container(from_conf([]), resolve=True)
    run = tmp_path / "7"
    run.mkdir()
    OmegaConf.save({**config, "study": "mine", "resume": "elsewhere"}, run / "config.yaml")
    OmegaConf.save({"optimizer": "adam", "experiment": "quick", "sweep": "smoke"}, run / "choices.yaml")
    text = experiment_text(run, from_conf)
    assert text.splitlines()[1:] == [f"# python train.py --config-dir {tmp_path} experiment=best"]
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "best.yaml").write_text(text)
    done = train("--config-dir", str(tmp_path), "experiment=best", "--cfg", "job", cwd=tmp_path)
    assert OmegaConf.to_container(OmegaConf.create(done.stdout)) == config, done.stderr


def test_hydras_own_keys_need_not_resolve(tmp_path: Path) -> None:
    """A sweeper composes with the node `hydra`, where values are still missing."""

    def with_hydra(overrides: list[str]) -> DictConfig:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return compose("config", overrides=overrides, return_hydra_config=True)

    OmegaConf.save(from_conf(["optimizer=sgd", "optimizer.lr=1.0"]), tmp_path / "config.yaml")
    OmegaConf.save({"optimizer": "sgd"}, tmp_path / "choices.yaml")
    expected = ["defaults:", "  - override /optimizer: sgd", "", "optimizer:", "  lr: 1.0"]
    assert experiment_text(tmp_path, with_hydra).splitlines()[2:] == expected


def test_a_folder_without_a_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"allowed is the folder of a run, with its config\.yaml"):
        experiment_text(tmp_path, from_conf)
