"""The training loop: every example once an epoch, clipping, evaluation, what is best and when to stop."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fmnist.callback.early_stopping import EarlyStopping
from fmnist.engine.numba import Numba, is_installed
from fmnist.engine.numpy import NumPy
from fmnist.errors import CheckpointError, ConfigError, Diverged
from fmnist.files import atomic
from fmnist.interfaces import Array, Engine, Splits
from fmnist.training.batches import Batches
from fmnist.training.callback import Callback
from fmnist.training.evaluation import class_scores, count_confusions, evaluate
from fmnist.training.generators import spawn_generators
from fmnist.training.objective import Objective
from fmnist.training.state import TrainingState
from fmnist.training.trainer import Trainer, clip
from options import build

ENGINES = [NumPy(), Numba()] if is_installed() else [NumPy()]


def session_on(
    splits: Splits, *, epochs: int = 2, seed: int = 0, lr: float = 0.1, engine: Engine | None = None, **model: Any
) -> TrainingState:
    engine = engine or NumPy()
    rng = spawn_generators(seed)
    parts = {"activation": build("activation", "relu"), "init": build("init", "he")}
    network = build("model", "mlp", layers=1, width=8, **parts, **model).network(
        splits.shape, splits.k, init_rng=rng.init, dropout_rng=rng.dropout, dtype="float32", engine=engine
    )
    optimizer = build("optimizer", "sgd", lr=lr)
    optimizer.bind(network.params, engine)
    return TrainingState(network, optimizer, rng, Objective("val/accuracy"), Path(), epochs, splits.train.size, engine)


def fit(trainer: Trainer, training: TrainingState, splits: Splits, *callbacks: Callback) -> None:
    parts = (build("loss", "cross_entropy"), build("scheduler", "constant"), build("augment", "none"))
    trainer.fit(training, splits, *parts, callbacks)


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture
def splits() -> Splits:
    return build("dataset", "blobs", examples=250, test_examples=50).load()


def test_an_epoch_visits_every_training_example_once_in_a_new_order(
    splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Array] = []
    gather = Batches.__call__

    def spy(self: Batches, rows: Array) -> tuple[Array, Array]:
        if self.part is splits.train:
            seen.append(rows.copy())
        return gather(self, rows)

    monkeypatch.setattr(Batches, "__call__", spy)
    fit(Trainer(batch_size=64), session_on(splits), splits)
    assert [len(rows) for rows in seen] == [64, 64, 64, 33] * 2
    first, second = np.concatenate(seen[:4]), np.concatenate(seen[4:])
    assert sorted(first) == sorted(second) == sorted(splits.train.rows)
    assert first.tolist() != second.tolist()


def test_another_model_does_not_reshuffle_the_data(splits: Splits) -> None:
    orders = []
    for width in (8, 9):
        training = session_on(splits)
        training.network = session_on(splits, dropout=width / 100).network
        fit(Trainer(batch_size=64), training, splits)
        orders.append(training.rngs.shuffle.random())
    assert orders[0] == orders[1]


def test_batches_are_scaled_as_the_data_set_says(splits: Splits, engine: Engine) -> None:
    splits = splits._replace(scale=0.5, shift=-1.0)
    x, y = Batches(splits, splits.train, "float64", engine=engine)(splits.train.rows[:3])
    np.testing.assert_array_equal(x, splits.train.x[splits.train.rows[:3]] * 0.5 - 1.0)
    np.testing.assert_array_equal(y, splits.train.y[splits.train.rows[:3]])
    assert x.dtype == np.float64


def test_training_metrics_weigh_every_example_the_same(splits: Splits, engine: Engine) -> None:
    """At a learning rate that moves nothing, the epoch's figures are those of the network on the training part."""
    training = session_on(splits, engine=engine, epochs=1, lr=1e-30)
    fit(Trainer(batch_size=100), training, splits)  # 100, 100 and 25 examples
    judged = evaluate(
        training.network, build("loss", "cross_entropy"), Batches(splits, splits.train, "float32", engine=engine), 225
    )
    assert training.history[0]["train/loss"] == pytest.approx(judged.loss, rel=1e-6)
    assert training.history[0]["train/accuracy"] == pytest.approx(judged.accuracy, rel=1e-12)


def test_evaluation_does_not_depend_on_its_batch_size(splits: Splits, engine: Engine) -> None:
    network, loss = session_on(splits, engine=engine, norm="batch", dropout=0.5).network, build("loss", "cross_entropy")
    one, all_ = (
        evaluate(network, loss, Batches(splits, splits.test, "float32", engine=engine), size) for size in (7, 50)
    )
    assert one.loss == pytest.approx(all_.loss, rel=1e-6)
    assert one.predicted.tolist() == all_.predicted.tolist()


@pytest.mark.parametrize(("norm", "expected"), [(10.0, [3.0, 4.0]), (5.0, [3.0, 4.0]), (1.0, [0.6, 0.8])])
def test_clipping_shortens_only_what_is_too_long(norm: float, expected: list[float]) -> None:
    g = np.array([3.0, 4.0])
    clip(g, norm)
    np.testing.assert_allclose(g, expected, rtol=1e-6)


def test_the_clipped_norm_has_pytorchs_small_addend() -> None:
    """c / (‖g‖ + 1e-6): of a gradient as small as that the addend takes a part that can be seen: 2 / (5 + 1)."""
    g = np.array([3e-6, 4e-6])
    clip(g, 2e-6)
    np.testing.assert_allclose(g, [3e-6 / 3, 4e-6 / 3], rtol=1e-12)


def test_clipping_is_part_of_the_training(splits: Splits, engine: Engine) -> None:
    training = session_on(splits, engine=engine, epochs=1, lr=1.0)
    before = training.network.params.theta.copy()
    fit(Trainer(batch_size=225, clip_norm=1e-3), training, splits)  # one step
    assert np.linalg.norm(training.network.params.theta - before) == pytest.approx(1e-3, rel=1e-2)


def test_a_diverging_run_stops_in_the_middle_of_its_epoch(splits: Splits, engine: Engine) -> None:
    training = session_on(splits, engine=engine, lr=1e30)
    with pytest.raises(Diverged, match=r"diverged in epoch 1: the loss is nan; try a smaller optimizer\.lr"):
        fit(Trainer(batch_size=10), training, splits)
    assert training.history == []


def test_parameters_that_overflow_in_the_last_step_are_found(splits: Splits, engine: Engine) -> None:
    with pytest.raises(Diverged, match="a parameter is no longer finite"):
        fit(Trainer(batch_size=225), session_on(splits, engine=engine, epochs=1, lr=1e39), splits)


@pytest.mark.parametrize("clip_norm", [None, 0.5])
def test_the_engines_train_alike_and_each_alike_to_the_bit(splits: Splits, clip_norm: float | None) -> None:
    def theta(engine: Engine) -> Array:
        training = session_on(splits, engine=engine, norm="batch", dropout=0.2)
        fit(Trainer(batch_size=64, clip_norm=clip_norm), training, splits)
        return training.network.params.theta

    by_engine = [theta(engine) for engine in ENGINES]
    for engine, first in zip(ENGINES, by_engine, strict=True):
        np.testing.assert_array_equal(theta(engine), first)
    np.testing.assert_allclose(by_engine[-1], by_engine[0], rtol=1e-3, atol=1e-4)  # 8 steps of rounding


def test_every_layer_runs_on_the_engine_that_was_chosen(splits: Splits) -> None:
    """A silent fall-back to the slow one would only be seen on the clock."""
    bound: set[str] = set()

    class Listening(NumPy):
        def bind(self, operation: Any, *arguments: Any) -> Any:
            bound.add(getattr(operation, "function", operation).__name__)
            return super().bind(operation, *arguments)

    fit(Trainer(batch_size=64), session_on(splits, engine=Listening(), norm="batch", dropout=0.2), splits)
    forward = {"gather", "forward_product", "batch_norm", "activate", "drop", "loss"}
    backward = {"weight_gradient", "input_gradient", "drop_backward", "activate_backward", "batch_norm_backward"}
    assert forward | backward <= bound


def test_callbacks_are_finished_when_the_training_fails(splits: Splits) -> None:
    called: list[str] = []

    class Spy(Callback):
        def start(self, training: TrainingState) -> None:
            called.append("start")

        def finish(self, training: TrainingState) -> None:
            called.append("finish")

    with pytest.raises(Diverged):
        fit(Trainer(batch_size=10), session_on(splits, lr=1e30), splits, Spy())
    assert called == ["start", "finish"]


def test_between_epochs_no_example_of_the_next_one_was_seen(splits: Splits) -> None:
    seen: list[tuple[int, int]] = []

    class Spy(Callback):
        def epoch(self, training: TrainingState) -> None:
            seen.append((training.epoch, training.seen))

    fit(Trainer(batch_size=64), session_on(splits), splits, Spy())
    assert seen == [(1, 0), (2, 0)]


def stops_after(values: list[float], patience: int, min_delta: float = 0.0, name: str = "val/accuracy") -> int:
    """How many epochs a run lasts whose objective takes these values."""
    early = EarlyStopping(patience=patience, min_delta=min_delta)
    training: Any = SimpleNamespace(history=[], stop="", objective=Objective(name))
    for value in values:
        training.history.append({name: value})
        early.epoch(training)
        if training.stop:
            break
    return len(training.history)


def test_early_stopping_waits_for_its_patience() -> None:
    assert stops_after([0.5, 0.6, 0.6, 0.59, 0.7], patience=2) == 4
    assert stops_after([0.5, 0.6, 0.6, 0.61, 0.6, 0.6, 0.6], patience=2) == 6
    assert stops_after([0.5, 0.51, 0.52, 0.53], patience=2, min_delta=0.1) == 3
    assert stops_after([3.0, 2.0, 2.5, 2.4, 1.0], patience=2, name="val/loss") == 4


def test_the_best_epoch_is_the_first_of_equals_and_losses_are_better_when_smaller() -> None:
    history = [{"val/accuracy": a, "val/loss": b} for a, b in [(0.1, 2.0), (0.3, 1.0), (0.3, 1.5)]]
    assert Objective("val/accuracy").best_epoch(history) == 1
    assert Objective("val/loss").best_epoch(history) == 1
    assert Objective("test/accuracy").best_epoch(history) == 2


def test_confusion_and_scores_as_worked_by_hand() -> None:
    y, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 0])
    C = count_confusions(y, predicted, 4)
    assert C.tolist() == [[2, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    scores = class_scores(C)
    np.testing.assert_allclose(scores.precision, [2 / 4, 1 / 2, 0, 0])
    np.testing.assert_allclose(scores.recall, [2 / 3, 1 / 2, 0, 0])
    np.testing.assert_allclose(scores.f1, [4 / 7, 1 / 2, 0, 0])
    assert scores.support.tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize(
    "values", [{"epochs": 0}, {"batch_size": 1.5}, {"clip_norm": 0}, {"precision": "float16"}, {"threads": 0}]
)
def test_the_trainer_refuses_what_it_cannot_do(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        Trainer(**values)


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "summary.json"
    atomic.write_json(file, {"a": 1})
    with pytest.raises(TypeError):
        atomic.write_json(file, {"a": object()})
    with pytest.raises(RuntimeError):
        atomic.write(file, lambda handle: (handle.write(b"half"), (_ for _ in ()).throw(RuntimeError)))
    assert file.read_text() == '{\n  "a": 1\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_checkpoints_hold_no_pickle(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", x=np.array([{}], dtype=object))
    with pytest.raises(CheckpointError, match=r"evil\.npz"):
        atomic.read_npz(tmp_path / "evil.npz")
