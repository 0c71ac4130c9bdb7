"""A checkpoint holds all that changes, and loading it takes over all of it: in process, by the files themselves."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmnist.errors import CheckpointError
from fmnist.files import atomic
from fmnist.interfaces import Splits
from fmnist.training.callback import Callback
from fmnist.training.generators import spawn_generators
from fmnist.training.objective import Objective
from fmnist.training.state import TrainingState
from fmnist.training.trainer import Trainer
from options import build

PARTS = {"activation": build("activation", "relu"), "init": build("init", "he")}
CLOCK = ("seconds", "examples_per_second")


@pytest.fixture(scope="module")
def splits() -> Splits:
    return build("dataset", "blobs", examples=100, test_examples=20).load()


def state(splits: Splits, folder: Path, *, epochs: int = 4, seed: int = 0, optimizer: str = "adam") -> TrainingState:
    rng = spawn_generators(seed)
    model = build("model", "mlp", layers=1, width=6, norm="batch", dropout=0.3, **PARTS)
    network = model.network(splits.shape, splits.k, init_rng=rng.init, dropout_rng=rng.dropout, dtype="float32")
    algorithm = build("optimizer", optimizer)
    algorithm.bind(network.params)
    return TrainingState(network, algorithm, rng, Objective("val/accuracy"), folder, epochs, splits.train.size)


class Save(Callback):
    """A checkpoint after each epoch, and the end of the training after some."""

    def __init__(self, stop_after: int) -> None:
        self.stop_after = stop_after

    def epoch(self, training: TrainingState) -> None:
        atomic.write_npz(training.folder / "last.npz", training.state())
        if training.epoch == self.stop_after:
            training.stop = "enough"


def fit(training: TrainingState, splits: Splits, stop_after: int = 99) -> None:
    parts = build("loss", "cross_entropy"), build("scheduler", "cosine"), build("augment", "flip_shift")
    Trainer(batch_size=25).fit(training, splits, *parts, [Save(stop_after)])


def figures(training: TrainingState) -> list[dict[str, float]]:
    return [{key: value for key, value in row.items() if key not in CLOCK} for row in training.history]


def same(a: TrainingState, b: TrainingState) -> None:
    one, other = a.state(), b.state()
    assert one.keys() == other.keys()
    for name in one.keys() - {"session"}:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    assert figures(a) == figures(b)
    assert [rng.random() for rng in a.rngs] == [rng.random() for rng in b.rngs]


def test_a_training_that_is_loaded_again_ends_as_one_that_went_on(splits: Splits, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole, first = state(splits, tmp_path / "whole"), state(splits, tmp_path)
    fit(whole, splits)
    fit(first, splits, stop_after=2)
    assert (first.epoch, first.stop) == (2, "enough")
    second = state(splits, tmp_path, seed=7)  # other weights and other generators, until it is loaded
    second.resume()
    assert second.epoch == 2
    fit(second, splits)
    same(whole, second)
    assert [row["epoch"] for row in second.history] == [1, 2, 3, 4]


def test_without_a_checkpoint_a_training_starts_from_the_beginning(splits: Splits, tmp_path: Path) -> None:
    training = state(splits, tmp_path)
    training.resume()
    same(training, state(splits, tmp_path))
    assert training.history == []


def test_a_checkpoint_names_its_arrays_and_its_optimizer(splits: Splits, tmp_path: Path) -> None:
    """The format of the files, which have to stay readable."""
    arrays = state(splits, tmp_path).state()
    network = {"dense1.W", "norm1.gamma", "norm1.beta", "norm1.mean", "norm1.var", "dense2.W", "dense2.b"}
    assert {name for name in arrays if name.startswith("network/")} == {f"network/{name}" for name in network}
    assert {"optimizer/m", "optimizer/v", "optimizer/t"} <= arrays.keys()
    text = json.loads(str(arrays["session"]))
    assert text["optimizer"] == "Adam"
    assert text["history"] == []
    assert len(text["streams"]) == 4


@pytest.mark.parametrize(
    ("other", "said"),
    [({"optimizer": "adamax"}, "AdaMax"), ({"optimizer": "sgd"}, "SGD")],
)
def test_a_checkpoint_of_another_optimizer_is_refused(
    other: dict[str, Any], said: str, splits: Splits, tmp_path: Path
) -> None:
    training = state(splits, tmp_path)
    atomic.write_npz(tmp_path / "last.npz", training.state())
    with pytest.raises(CheckpointError, match=rf"last\.npz is of another optimizer: Adam, not {said}$"):
        state(splits, tmp_path, **other).resume()


def test_files_are_written_under_another_name_first(tmp_path: Path) -> None:
    file, seen = tmp_path / "a.txt", []
    file.write_text("old")

    def content(handle: Any) -> None:
        handle.write(b"new")
        seen.append((file.read_text(), len(list(tmp_path.iterdir()))))

    atomic.write(file, content)
    assert seen == [("old", 2)]
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_renamed_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut a file under its own name must not be empty."""
    calls: list[str] = []
    for name in ("fsync", "replace"):
        call = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, call=call, name=name: (calls.append(name), call(*a)))
    atomic.write_text(tmp_path / "a.txt", "new")
    assert calls == ["fsync", "replace"]


def test_json_is_readable_and_in_its_own_letters(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "a.json", {"größe": [1]})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "größe": [\n    1\n  ]\n}\n'


def test_a_checkpoint_that_is_missing_or_damaged_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    with pytest.raises(CheckpointError, match=r"a\.npz: there is no such checkpoint"):
        atomic.read_npz(file)
    atomic.write_npz(file, {"x": np.arange(1000)})
    assert atomic.read_npz(file)["x"].tolist() == list(range(1000))
    whole = file.read_bytes()
    for damaged in (b"", b"no archive", whole[:500], whole[:-10], whole[:300] + b"?" + whole[301:]):
        file.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"a\.npz: "):
            atomic.read_npz(file)
