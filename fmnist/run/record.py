"""What came out of a run: its best network judged on the test set, and summary.json."""

from typing import Any

from fmnist.errors import Diverged
from fmnist.files import atomic
from fmnist.interfaces import Metrics, Splits, Tracker
from fmnist.loss.base import Loss
from fmnist.terminal.console import log
from fmnist.training.batches import Batches
from fmnist.training.evaluation import evaluate
from fmnist.training.state import TrainingState, part
from fmnist.training.trainer import Trainer


class Record:
    """A context around the training: whatever ends it, the summary says how far it came and why it stopped."""

    def __init__(self, training: TrainingState, splits: Splits, tracker: Tracker) -> None:
        self.training, self.splits, self.tracker = training, splits, tracker
        self.test: Metrics = {}

    def __enter__(self) -> "Record":
        return self

    def judge(self, loss: Loss, trainer: Trainer) -> None:
        """The only look at the test set: the best checkpoint's figures on it (the last network's without one).

        A pruned run is not worth the look.
        """
        if self.training.pruned:
            return
        file = self.training.folder / "best.npz"
        if file.exists():
            self.training.network.load(part(atomic.read_npz(file), "network"), str(file))
        batches = Batches(self.splits, self.splits.test, trainer.precision, engine=self.training.engine)
        judged = evaluate(self.training.network, loss, batches, trainer.eval_batch_size)
        self.test = {"test/loss": judged.loss, "test/accuracy": judged.accuracy}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if error is None:
            state = "pruned" if self.training.pruned else "finished"
            reason = self.training.stop or f"all {self.training.epochs} epochs are done"
        elif isinstance(error, Diverged):
            state, reason = "diverged", str(error)
        elif isinstance(error, KeyboardInterrupt):
            state, reason = "interrupted", f"interrupted in epoch {self.training.epoch + 1}"
        else:
            state, reason = "failed", f"{type(error).__name__}: {error}"
            log.error("%s", reason, exc_info=error)  # the traceback is for the log, not for the terminal
        self.summary = self.summarise(state, reason)
        try:
            atomic.write_json(self.training.folder / "summary.json", self.summary)
        except OSError:
            if error is None:  # a full disk must not hide why the run ended
                raise
        finally:
            self.tracker.finish(self.summary)

    def summarise(self, state: str, reason: str) -> dict[str, Any]:
        training, splits = self.training, self.splits
        history, objective = training.history, training.objective
        best = without_norms(history[objective.best_epoch(history)]) if history else {}
        return {
            "state": state,
            "reason": reason,
            "objective": objective.name,
            "value": (best | self.test).get(objective.name),
            **self.test,
            "best": best,
            "last": without_norms(history[-1]) if history else {},
            "epochs": training.epoch,
            "seconds": sum(metrics["seconds"] for metrics in history),
            "parameters": training.network.params.size,
            "engine": training.engine.name,
            "dataset": splits.name,
            "source": splits.source,
            "examples": {"train": splits.train.size, "val": splits.val.size, "test": splits.test.size},
        }


def without_norms(metrics: Metrics) -> Metrics:
    """They are for curves, not for comparing runs."""
    return {name: value for name, value in metrics.items() if "_norm/" not in name}
