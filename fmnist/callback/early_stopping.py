"""Stop when the objective no longer gets better."""

from dataclasses import dataclass

from fmnist.config import check
from fmnist.training.callback import Callback
from fmnist.training.objective import TEST_METRICS
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class EarlyStopping(Callback):
    """Stop after `patience` epochs without an objective better by more than `min_delta` (null: never)."""

    patience: int | None = None
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        if self.patience is not None:
            check.integer(1, patience=self.patience)
        check.non_negative(min_delta=self.min_delta)

    def start(self, training: TrainingState) -> None:
        self.epoch(training)

    def epoch(self, training: TrainingState) -> None:
        name = training.objective.name
        if self.patience is None or not training.history or name in TEST_METRICS:
            return
        best, waited = training.history[0][name], 0
        for metrics in training.history[1:]:
            if training.objective.better(metrics[name], best, self.min_delta):
                best, waited = metrics[name], 0
            else:
                waited += 1
        if waited >= self.patience:
            training.stop = f"early stopping: no better {name} for {waited} epochs"
