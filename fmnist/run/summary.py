"""summary.json: how a run ended, and its figures."""

from typing import Any

from fmnist.errors import Diverged
from fmnist.interfaces import Metrics, Splits
from fmnist.training.state import TrainingState


def end_state(training: TrainingState, error: BaseException | None) -> tuple[str, str]:
    """The state in which the training ended, and the reason."""
    if error is None:
        state = "pruned" if training.pruned else "finished"
        return state, training.stop or f"all {training.epochs} epochs are done"
    if isinstance(error, Diverged):
        return "diverged", str(error)
    if isinstance(error, KeyboardInterrupt):
        by = f" by {error}" if str(error) else ""
        return "interrupted", f"interrupted{by} in epoch {training.epoch + 1}"
    return "failed", f"{type(error).__name__}: {error}"


def summarize(training: TrainingState, splits: Splits, test: Metrics, state: str, reason: str) -> dict[str, Any]:
    """What summary.json holds; `test` has the best network's figures on the test set, or nothing."""
    history, objective = training.history, training.objective
    best = without_norms(history[objective.best_epoch(history)]) if history else {}
    seconds, timing = sum(metrics["seconds"] for metrics in history), training.timing
    return {
        "state": state,
        "reason": reason,
        "objective": objective.name,
        "value": (best | test).get(objective.name),
        **test,
        "best": best,
        "last": without_norms(history[-1]) if history else {},
        "epochs": training.epoch,
        "seconds": seconds,
        "timing": {
            "training": seconds,
            "compiling": timing.compiling,
            "writing": timing.writing,
            "evaluation": timing.evaluation,
        },
        "parameters": training.network.params.size,
        "engine": training.engine.description,
        "dataset": splits.name,
        "source": splits.source,
        "examples": {"train": splits.train.size, "val": splits.val.size, "test": splits.test.size},
    }


def without_norms(metrics: Metrics) -> Metrics:
    """They are for curves, not for comparing runs."""
    return {name: value for name, value in metrics.items() if "_norm/" not in name}
