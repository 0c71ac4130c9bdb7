"""Report each epoch to the sweep, and stop the training when the trial is pruned."""

import signal
from dataclasses import dataclass

from fmnist.errors import Terminated
from fmnist.sweep import trial
from fmnist.terminal.console import log
from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class Prune(Callback):
    """Does nothing outside a sweep. When the storage does not answer, the run goes on without pruning.

    It also stops a training whose worker has to leave: the trial goes on elsewhere.
    """

    def start(self, training: TrainingState) -> None:
        handle = trial.current()
        self.handle = handle if handle and handle.reports else None
        if training.history:
            self.epoch(training)

    def epoch(self, training: TrainingState) -> None:
        if trial.stop_requested() and training.epoch < training.epochs:
            raise Terminated("SIGTERM", signal.SIGTERM)
        name = training.objective.name
        values = {epoch: row[name] for epoch, row in enumerate(training.history, 1) if name in row}
        if self.handle is None or training.epoch not in values:
            return
        try:
            prune = trial.report(self.handle, values)
        except trial.LeaseLost:
            raise
        except Exception as error:
            log.warning("not reported to the study: %s: %s", type(error).__name__, error)
            return
        if prune and training.epoch < training.epochs and not training.stop:
            training.pruned = True
            training.stop = f"pruned after epoch {training.epoch}"
