"""The training loop. It knows nothing of files, consoles or services: those are callbacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, sqrt

import numpy as np

from fmnist.config import check
from fmnist.errors import ConfigError, DataError, Diverged
from fmnist.interfaces import Array, Augment, Metrics, Scheduler, Splits
from fmnist.loss.base import BoundLoss, Loss
from fmnist.training.batches import Batches
from fmnist.training.callback import Callback
from fmnist.training.evaluation import evaluate
from fmnist.training.state import TrainingState
from fmnist.training.timing import Timer


@dataclass(kw_only=True)
class Trainer:
    """Minibatch training: every epoch visits every training example once, in a new order.

    `clip_norm` c: g ← g · min(1, c / (‖g‖₂ + 1e-6)) over all parameters together
    (Pascanu et al., 2013, https://proceedings.mlr.press/v28/pascanu13.html; the 1e-6 is PyTorch's).
    `threads`: of the matrix products. Sums in another order have other last digits, so it is part of the experiment.
    """

    epochs: int = 10
    batch_size: int = 64
    eval_batch_size: int = 1000
    clip_norm: float | None = None
    precision: str = "float32"
    threads: int | None = 1

    def __post_init__(self) -> None:
        check.integer(1, epochs=self.epochs, batch_size=self.batch_size, eval_batch_size=self.eval_batch_size)
        if self.clip_norm is not None:
            check.positive(clip_norm=self.clip_norm)
        if self.threads is not None:
            check.integer(1, threads=self.threads)
        check.one_of(("float32", "float64"), precision=self.precision)

    def check_data(self, splits: Splits) -> None:
        """Before any array is made.

        Raises:
            ConfigError: there are fewer training examples than a batch holds.
            DataError: a label is not among the classes. Compiled code would read beyond its arrays.
        """
        for part in (splits.train, splits.val, splits.test):
            wrong = part.y[(part.y < 0) | (part.y >= splits.k)]
            if wrong.size:
                allowed = f"{splits.name} has the classes 0 to {splits.k - 1}"
                raise DataError(f"{splits.source}: a label is {wrong[0]}; {allowed}")
        if self.batch_size > splits.train.size:
            allowed = f"at most the {splits.train.size} training examples of {splits.name}"
            raise ConfigError("trainer.batch_size", self.batch_size, allowed)

    def fit(
        self,
        training: TrainingState,
        splits: Splits,
        loss: Loss,
        scheduler: Scheduler,
        augment: Augment,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        """Train until `epochs` are done or `training.stop` says why not.

        Raises:
            Diverged: the loss or a parameter is no longer finite; the epochs before stay recorded.
        """
        train = Batches(splits, splits.train, self.precision, augment, training.rngs.augment, training.engine)
        val = Batches(splits, splits.val, self.precision, engine=training.engine)
        judge = BoundLoss(loss, training.engine)
        timing = training.timing
        with timing.write():
            for callback in callbacks:
                callback.start(training)
        try:
            while training.epoch < training.epochs and not training.stop:
                metrics = self.epoch(training, train, judge, scheduler)
                if splits.val.size:
                    with timing.evaluate():
                        judged = evaluate(training.network, loss, val, self.eval_batch_size)
                    if not isfinite(judged.loss):
                        raise diverged(training, f"the validation loss is {judged.loss}")
                    metrics |= {"val/loss": judged.loss, "val/accuracy": judged.accuracy}
                training.history.append(metrics)
                training.seen = 0
                with timing.write():
                    for callback in callbacks:
                        callback.epoch(training)
        finally:
            with timing.write():
                for callback in callbacks:
                    callback.finish(training)

    def epoch(self, training: TrainingState, train: Batches, judge: BoundLoss, scheduler: Scheduler) -> Metrics:
        """One pass over the training part. Its metrics come from the training steps themselves."""
        network, optimizer, batch_size = training.network, training.optimizer, self.batch_size
        order = training.rngs.shuffle.permutation(train.part.rows)
        steps = ceil(len(order) / self.batch_size)
        total = training.epochs * steps
        training.seen, training.loss_sum, training.correct = 0, 0.0, 0
        timer = Timer()
        with np.errstate(all="ignore"):  # what overflows is found below, and said once
            for step in range(steps):
                x, y = train(order[step * batch_size : (step + 1) * batch_size])
                value, correct = judge(network.forward(x, train=True), y)
                if not isfinite(value):
                    raise diverged(training, f"the loss is {value}")
                training.seen += len(y)
                training.loss_sum += value
                training.correct += correct
                network.backward(judge.grad)
                if self.clip_norm is not None:
                    clip(network.params.grad, self.clip_norm)
                factor = scheduler((training.epoch * steps + step) / total)
                optimizer.step(factor)
        if not np.isfinite(network.params.theta).all():
            raise diverged(training, "a parameter is no longer finite")
        seconds = timer.seconds()
        return {
            "epoch": training.epoch + 1,
            "train/loss": training.loss_sum / training.seen,
            "train/accuracy": training.correct / training.seen,
            "lr": optimizer.lr * factor,
            "seconds": seconds,
            "examples_per_second": training.seen / seconds,
            **network.params.norms(),  # the gradient is that of the last batch
        }


def clip(g: Array, largest: float) -> None:
    """Shorten the gradient to the norm `largest` if it is longer."""
    norm = sqrt(g @ g)
    if norm > largest:
        g *= largest / (norm + 1e-6)


def diverged(training: TrainingState, how: str) -> Diverged:
    hint = f"try a smaller optimizer.lr (now {training.optimizer.lr:g}) or trainer.clip_norm=1"
    return Diverged(f"diverged in epoch {training.epoch + 1}: {how}; {hint}")
