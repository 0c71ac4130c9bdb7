"""Stop when the objective no longer gets better."""

from dataclasses import dataclass

from fmnist import check
from fmnist.callback.base import Callback
from fmnist.objective import TEST_METRICS
from fmnist.session import Session


@dataclass(kw_only=True)
class EarlyStopping(Callback):
    """Stop after `patience` epochs without an objective better by more than `min_delta` (null: never)."""

    patience: int | None = None
    min_delta: float = 0.0

    def __post_init__(self) -> None:
        if self.patience is not None:
            check.integer(1, patience=self.patience)
        check.non_negative(min_delta=self.min_delta)

    def start(self, session: Session) -> None:
        self.epoch(session)

    def epoch(self, session: Session) -> None:
        name = session.objective.name
        if self.patience is None or not session.history or name in TEST_METRICS:
            return
        best, waited = session.history[0][name], 0
        for metrics in session.history[1:]:
            if session.objective.better(metrics[name], best, self.min_delta):
                best, waited = metrics[name], 0
            else:
                waited += 1
        if waited >= self.patience:
            session.stop = f"early stopping: no better {name} for {waited} epochs"
