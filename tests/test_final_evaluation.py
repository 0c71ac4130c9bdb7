"""`callbacks=[default,evaluation]` writes what `python -m fmnist evaluate` does, and changes nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest

from cli import TINY, metrics, run, summary, train, train_run
from fmnist.files import atomic
from options import CONF

CHOSEN = (*TINY, "callbacks=[default,evaluation]", "callbacks.pictures=null")
PLAIN = (*TINY, "callbacks.pictures=null", "tracker=local")
PICTURES = ("confusion", "mistakes", "weights")
WRITTEN = {"evaluation.json", *(f"{name}.{kind}" for name in PICTURES for kind in ("png", "svg"))}
FIGURES = ("epoch", "train/loss", "train/accuracy", "val/loss", "val/accuracy", "lr")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(*CHOSEN, "tracker=local", cwd=tmp_path_factory.mktemp("with"))


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(*PLAIN, cwd=tmp_path_factory.mktemp("without"))


def test_it_writes_what_the_command_writes(folder: Path, without: Path) -> None:
    done = run("-m", "fmnist", "evaluate", "run", cwd=without.parent)
    assert done.returncode == 0, done.stderr
    by_run, by_command = (json.loads((of / "evaluation.json").read_text()) for of in (folder, without))
    assert by_run.pop("test/loss") == pytest.approx(by_command.pop("test/loss"), rel=1e-6)
    for mistake, other in zip(by_run["mistakes"], by_command["mistakes"], strict=True):
        for name in ("probability", "true_probability"):
            assert mistake.pop(name) == pytest.approx(other.pop(name), rel=1e-5)
    assert by_run == by_command
    for name in WRITTEN - {"evaluation.json"}:
        assert (folder / name).stat().st_size > 1000
    assert (folder / "confusion.png").read_bytes() == (without / "confusion.png").read_bytes()


def test_its_figures_are_those_of_the_summary(folder: Path) -> None:
    found, told = json.loads((folder / "evaluation.json").read_text()), summary(folder)
    assert (found["test/loss"], found["test/accuracy"]) == (told["test/loss"], told["test/accuracy"])
    C = np.array(found["confusion"])
    assert C.sum() == told["examples"]["test"]
    assert C.trace() / C.sum() == told["test/accuracy"]


def test_no_bit_and_no_figure_of_the_run_changes(folder: Path, without: Path) -> None:
    own = {path.name for path in folder.iterdir()}
    assert {path.name for path in without.iterdir()} - WRITTEN == own - WRITTEN
    for file in ("best.npz", "last.npz"):
        ours, theirs = atomic.read_npz(folder / file), atomic.read_npz(without / file)
        assert ours.keys() == theirs.keys()
        for name in ours.keys() - {"session"}:  # which has seconds in it
            np.testing.assert_array_equal(ours[name], theirs[name])
    for name in FIGURES:
        assert [row[name] for row in metrics(folder)] == [row[name] for row in metrics(without)]
    for name in ("value", "test/loss", "test/accuracy", "epochs", "state", "reason"):
        assert summary(folder)[name] == summary(without)[name]


def test_it_is_off_by_default_and_not_even_imported(tmp_path: Path) -> None:
    code = (
        f"import runpy, sys; sys.argv = ['train.py', *{PLAIN}, 'hydra.run.dir=run']\n"
        f"runpy.run_path({str(CONF.parent / 'train.py')!r}, run_name='__main__')\n"
        "print([name in sys.modules for name in ('fmnist.callback.evaluation', 'matplotlib')])"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[False, False]", done.stderr
    assert not WRITTEN & {path.name for path in (tmp_path / "run").iterdir()}


@pytest.mark.parametrize("name", ["tensorboard", "mlflow"])
def test_a_tracker_without_images_is_not_troubled(name: str, tmp_path: Path) -> None:
    pytest.importorskip(name)
    done = train(*CHOSEN, f"tracker={name}", "hydra.run.dir=run", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "warning" not in done.stdout
    assert {path.name for path in (tmp_path / "run").iterdir()} > WRITTEN


def test_trouble_with_it_is_one_line_and_ends_no_run(tmp_path: Path) -> None:
    (tmp_path / "run" / "evaluation.json").mkdir(parents=True)
    done = train(*CHOSEN, "tracker=local", "hydra.run.dir=run", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = [line for line in done.stdout.splitlines() if "warning" in line]
    assert line.startswith("warning: no evaluation class by class: ")
    assert summary(tmp_path / "run")["state"] == "finished"
    assert "test/accuracy" in summary(tmp_path / "run")


def test_a_resumed_run_is_evaluated_again(tmp_path: Path) -> None:
    found = train_run(*CHOSEN, "tracker=local", "trainer.epochs=1", cwd=tmp_path)
    before = json.loads((found / "evaluation.json").read_text())
    done = train("resume=run", "trainer.epochs=5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    after = json.loads((found / "evaluation.json").read_text())
    assert after["test/accuracy"] == summary(found)["test/accuracy"] > before["test/accuracy"]
