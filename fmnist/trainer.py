"""The training loop. It knows nothing of files, consoles or services: those are callbacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, sqrt
from time import perf_counter

import numpy as np

from fmnist import check
from fmnist.batches import Batches
from fmnist.callback.base import Callback
from fmnist.errors import ConfigError, Diverged
from fmnist.evaluate import evaluate
from fmnist.interfaces import Array, Augment, Metrics, Scheduler, Splits
from fmnist.loss.base import Judge, Loss
from fmnist.session import Session


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
        """Raises ConfigError when there are fewer training examples than a batch holds."""
        if self.batch_size > splits.train.size:
            allowed = f"at most the {splits.train.size} training examples of {splits.name}"
            raise ConfigError("trainer.batch_size", self.batch_size, allowed)

    def fit(
        self,
        session: Session,
        splits: Splits,
        loss: Loss,
        scheduler: Scheduler,
        augment: Augment,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        """Train until `epochs` are done or `session.stop` says why not.

        Raises:
            Diverged: the loss or a parameter is no longer finite; the epochs before stay recorded.
        """
        train = Batches(splits, splits.train, self.precision, augment, session.streams.augment, session.engine)
        val = Batches(splits, splits.val, self.precision, engine=session.engine)
        judge = Judge(loss, session.engine)
        for callback in callbacks:
            callback.start(session)
        try:
            while session.epoch < session.epochs and not session.stop:
                metrics = self.epoch(session, train, judge, scheduler)
                if splits.val.size:
                    judged = evaluate(session.network, loss, val, self.eval_batch_size)
                    if not isfinite(judged.loss):
                        raise diverged(session, f"the validation loss is {judged.loss}")
                    metrics |= {"val/loss": judged.loss, "val/accuracy": judged.accuracy}
                session.history.append(metrics)
                session.seen = 0
                for callback in callbacks:
                    callback.epoch(session)
        finally:
            for callback in callbacks:
                callback.finish(session)

    def epoch(self, session: Session, train: Batches, judge: Judge, scheduler: Scheduler) -> Metrics:
        """One pass over the training part. Its metrics come from the training steps themselves."""
        network, optimizer, batch_size = session.network, session.optimizer, self.batch_size
        order = session.streams.shuffle.permutation(train.part.rows)
        steps = ceil(len(order) / self.batch_size)
        total = session.epochs * steps
        session.seen, session.loss_sum, session.correct = 0, 0.0, 0
        started = perf_counter()
        with np.errstate(all="ignore"):  # what overflows is found below, and said once
            for step in range(steps):
                x, y = train(order[step * batch_size : (step + 1) * batch_size])
                value, correct = judge(network.forward(x, train=True), y)
                if not isfinite(value):
                    raise diverged(session, f"the loss is {value}")
                session.seen += len(y)
                session.loss_sum += value
                session.correct += correct
                network.backward(judge.grad)
                if self.clip_norm is not None:
                    clip(network.params.grad, self.clip_norm)
                factor = scheduler((session.epoch * steps + step) / total)
                optimizer.step(factor)
        if not np.isfinite(network.params.theta).all():
            raise diverged(session, "a parameter is no longer finite")
        seconds = perf_counter() - started
        return {
            "epoch": session.epoch + 1,
            "train/loss": session.loss_sum / session.seen,
            "train/accuracy": session.correct / session.seen,
            "lr": optimizer.lr * factor,
            "seconds": seconds,
            "examples_per_second": session.seen / seconds,
            **network.params.norms(),  # the gradient is that of the last batch
        }


def clip(g: Array, largest: float) -> None:
    """Shorten the gradient to the norm `largest` if it is longer."""
    norm = sqrt(g @ g)
    if norm > largest:
        g *= largest / (norm + 1e-6)


def diverged(session: Session, how: str) -> Diverged:
    hint = f"try a smaller optimizer.lr (now {session.optimizer.lr:g}) or trainer.clip_norm=1"
    return Diverged(f"diverged in epoch {session.epoch + 1}: {how}; {hint}")
