"""Probabilities, the worst mistakes, and which objective a run has, as worked by hand."""

from typing import Any

import numpy as np
import pytest

from fmnist.interfaces import Array, Split, Splits
from fmnist.loss.softmax import log_softmax, softmax
from fmnist.training.batches import Batches
from fmnist.training.evaluation import Mistake, evaluate, predict_probabilities, worst_mistakes
from fmnist.training.objective import Objective, higher_is_better
from options import build

# What the network of these tests gives for the images 0, 1, 2 and 3: probabilities in tenths.
TENTHS = np.array([[8, 1, 1], [2, 7, 1], [2, 2, 6], [1, 9, 0.0001]])


class Logs:
    """A network whose logits are the logarithms of TENTHS, plus what changes no probability."""

    def forward(self, x: Array, train: bool = False) -> Array:
        assert not train
        return np.log(TENTHS[np.rint(x[:, 0]).astype(int)]) + 5


NETWORK: Any = Logs()


def splits(rows: list[int], labels: list[int]) -> Splits:
    part = Split(np.arange(4, dtype="uint8")[:, None], np.array(labels), np.array(rows))
    empty = part._replace(rows=part.rows[:0])
    return Splits("four", part, empty, part, ("a", "b", "c"), (1, 1), 1.0, 0.0, "")


def test_softmax_by_hand() -> None:
    z = np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]])
    np.testing.assert_allclose(softmax(z), [[1 / 8, 2 / 8, 5 / 8], [1 / 4, 1 / 4, 2 / 4]], rtol=1e-14)
    np.testing.assert_array_equal(softmax(np.array([[1000.0, 0.0], [0.0, 1000.0]])), np.eye(2))  # without overflow
    np.testing.assert_allclose(softmax(z + np.array([[700.0], [-700.0]])), softmax(z), rtol=1e-12)


def test_the_logarithm_of_the_softmax_by_hand() -> None:
    z = np.log([[1.0, 2.0, 5.0]])
    np.testing.assert_allclose(log_softmax(z), np.log([[1 / 8, 2 / 8, 5 / 8]]), rtol=1e-14)
    np.testing.assert_array_equal(log_softmax(np.array([[1000.0, 0.0]])), [[0.0, -1000.0]])  # without overflow


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_probabilities_come_in_the_order_of_the_rows(batch_size: int) -> None:
    of = splits([3, 1, 0], [0, 0, 0, 0])
    p = predict_probabilities(NETWORK, Batches(of, of.test, "float64"), batch_size)
    np.testing.assert_allclose(p, (TENTHS / TENTHS.sum(axis=1, keepdims=True))[[3, 1, 0]], rtol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_an_evaluation_by_hand(batch_size: int) -> None:
    of = splits([2, 1, 0], [0, 1, 1, 2])
    found = evaluate(NETWORK, build("loss", "cross_entropy"), Batches(of, of.test, "float64"), batch_size)
    assert found.y.tolist() == [1, 1, 0]
    assert found.predicted.tolist() == [2, 1, 0]
    assert found.accuracy == 2 / 3
    assert found.loss == pytest.approx(-np.log([0.2, 0.7, 0.8]).mean(), rel=1e-12)


def test_the_worst_mistakes_are_the_surest_ones() -> None:
    p = TENTHS / 10
    part = splits([3, 2, 1, 0], [1, 1, 0, 2]).test
    p = p[part.rows]
    assert worst_mistakes(p, part, 2) == [Mistake(3, 2, 1, 0.9, 0.00001), Mistake(0, 1, 0, 0.8, 0.1)]
    assert [mistake.row for mistake in worst_mistakes(p, part, 9)] == [3, 0, 2]
    assert worst_mistakes(p, part, 0) == []


def test_mistakes_that_are_as_sure_come_in_the_order_of_the_rows() -> None:
    part = splits([1, 3, 0], [0, 1, 0, 1]).test
    p = np.array([[0.8, 0.2, 0], [0.8, 0.2, 0], [0.9, 0.1, 0]])  # the last is right
    assert [mistake.row for mistake in worst_mistakes(p, part, 9)] == [1, 3]


@pytest.mark.parametrize(
    ("name", "without_validation"),
    [
        ("val/accuracy", "test/accuracy"),
        ("val/loss", "test/loss"),
        ("train/loss", "train/loss"),
        ("test/accuracy", "test/accuracy"),
    ],
)
def test_without_a_validation_part_the_test_set_takes_its_place(name: str, without_validation: str) -> None:
    of = splits([0], [0, 0, 0, 0])
    assert Objective(name).on(of).name == without_validation
    assert Objective(name).on(of._replace(val=of.train)).name == name


def test_which_way_is_better() -> None:
    assert [higher_is_better(name) for name in ("val/accuracy", "examples_per_second")] == [True, True]
    assert [higher_is_better(name) for name in ("test/loss", "seconds", "parameters")] == [False, False, False]
    accuracy, loss = Objective("val/accuracy"), Objective("val/loss")
    assert [accuracy.better(a, 0.5) for a in (0.4, 0.5, 0.6)] == [False, False, True]
    assert [loss.better(a, 0.5) for a in (0.4, 0.5, 0.6)] == [True, False, False]
    assert [accuracy.better(a, 0.5, by=0.25) for a in (0.625, 0.75, 0.875)] == [False, False, True]
