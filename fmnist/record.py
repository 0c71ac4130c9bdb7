"""What came out of a run: its best network judged on the test set, and summary.json."""

from typing import Any

from fmnist import atomic
from fmnist.batches import Batches
from fmnist.console import log
from fmnist.errors import Diverged
from fmnist.evaluate import evaluate
from fmnist.interfaces import Metrics, Splits, Tracker
from fmnist.loss.base import Loss
from fmnist.session import Session, part
from fmnist.trainer import Trainer


class Record:
    """A context around the training: whatever ends it, the summary says how far it came and why it stopped."""

    def __init__(self, session: Session, splits: Splits, tracker: Tracker) -> None:
        self.session, self.splits, self.tracker = session, splits, tracker
        self.test: Metrics = {}

    def __enter__(self) -> "Record":
        return self

    def judge(self, loss: Loss, trainer: Trainer) -> None:
        """The only look at the test set: the best checkpoint's figures on it (the last network's without one).

        A pruned run is not worth the look.
        """
        if self.session.pruned:
            return
        file = self.session.folder / "best.npz"
        if file.exists():
            self.session.network.load(part(atomic.read_npz(file), "network"), str(file))
        batches = Batches(self.splits, self.splits.test, trainer.precision, engine=self.session.engine)
        judged = evaluate(self.session.network, loss, batches, trainer.eval_batch_size)
        self.test = {"test/loss": judged.loss, "test/accuracy": judged.accuracy}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if error is None:
            state = "pruned" if self.session.pruned else "finished"
            reason = self.session.stop or f"all {self.session.epochs} epochs are done"
        elif isinstance(error, Diverged):
            state, reason = "diverged", str(error)
        elif isinstance(error, KeyboardInterrupt):
            state, reason = "interrupted", f"interrupted in epoch {self.session.epoch + 1}"
        else:
            state, reason = "failed", f"{type(error).__name__}: {error}"
            log.error("%s", reason, exc_info=error)  # the traceback is for the log, not for the terminal
        self.summary = self.summarise(state, reason)
        try:
            atomic.write_json(self.session.folder / "summary.json", self.summary)
        except OSError:
            if error is None:  # a full disk must not hide why the run ended
                raise
        finally:
            self.tracker.finish(self.summary)

    def summarise(self, state: str, reason: str) -> dict[str, Any]:
        session, splits = self.session, self.splits
        history, objective = session.history, session.objective
        best = without_norms(history[objective.best_epoch(history)]) if history else {}
        return {
            "state": state,
            "reason": reason,
            "objective": objective.name,
            "value": (best | self.test).get(objective.name),
            **self.test,
            "best": best,
            "last": without_norms(history[-1]) if history else {},
            "epochs": session.epoch,
            "seconds": sum(metrics["seconds"] for metrics in history),
            "parameters": session.network.params.size,
            "engine": session.engine.name,
            "dataset": splits.name,
            "source": splits.source,
            "examples": {"train": splits.train.size, "val": splits.val.size, "test": splits.test.size},
        }


def without_norms(metrics: Metrics) -> Metrics:
    """They are for curves, not for comparing runs."""
    return {name: value for name, value in metrics.items() if "_norm/" not in name}
