"""Where a run's seconds go, by a clock that only goes on when the test says so."""

import pytest

from fmnist.engine import compile_time
from fmnist.engine.compile_time import compiling
from fmnist.training import timing, trainer
from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState
from fmnist.training.trainer import Trainer
from options import build
from test_trainer import session_on


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (compile_time, timing):
        monkeypatch.setattr(module, "perf_counter", clock)
    return clock


def test_compiling_is_no_part_of_the_first_epoch(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four steps of a second, in the first one and in the evaluation a kernel is compiled; files take ten seconds."""
    splits = build("dataset", "blobs", examples=250, test_examples=50, val_fraction=0.2).load()
    training = session_on(splits)
    kernels = iter([100.0, 200.0])

    def schedule(progress: float) -> float:
        clock.now += 1
        if progress == 0:
            compile_kernel()
        return 1.0

    def compile_kernel() -> None:
        with compiling():
            clock.now += next(kernels, 0)

    class Files(Callback):
        def epoch(self, training: TrainingState) -> None:
            clock.now += 10

    evaluate = trainer.evaluate

    def slow_evaluate(*arguments: object) -> object:
        clock.now += 5
        compile_kernel()
        return evaluate(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(trainer, "evaluate", slow_evaluate)
    parts = (build("loss", "cross_entropy"), schedule, build("augment", "none"))
    Trainer(batch_size=50, epochs=2).fit(training, splits, *parts, [Files()])
    assert [row["seconds"] for row in training.history] == [4, 4]
    assert training.history[0]["examples_per_second"] == 200 / 4
    assert (training.timing.writing, training.timing.evaluation, training.timing.compiling) == (20, 10, 300)


def test_what_was_spent_before_a_resume_counts(clock: Clock) -> None:
    spent = timing.Timing()
    spent.go_on({"training": 9.0, "compiling": 1.0, "writing": 2.0, "evaluation": 3.0})
    with spent.write():
        clock.now += 1
    with compiling():
        clock.now += 4
    assert (spent.compiling, spent.writing, spent.evaluation) == (5, 3, 3)
