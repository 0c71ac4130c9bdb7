"""Tell the sweep how the trial does, and stop politely when it is not worth going on."""

from dataclasses import dataclass

from fmnist import trial
from fmnist.callback.base import Callback
from fmnist.console import log
from fmnist.session import Session


@dataclass(kw_only=True)
class Prune(Callback):
    """Does nothing outside a sweep. In a sweep, a storage that does not answer costs the pruning, not the run."""

    def start(self, session: Session) -> None:
        handle = trial.current()
        self.handle = handle if handle and handle.reports else None
        if session.history:
            self.epoch(session)

    def epoch(self, session: Session) -> None:
        value = session.history[-1].get(session.objective.name)
        if self.handle is None or value is None:
            return
        try:
            prune = trial.report(self.handle, value, session.epoch)
        except Exception as error:
            log.warning("not reported to the study: %s: %s", type(error).__name__, error)
            return
        if prune and session.epoch < session.epochs and not session.stop:
            session.pruned = True
            session.stop = f"pruned after epoch {session.epoch}"
