"""The run as a picture, made when it ends."""

from dataclasses import dataclass

from fmnist import trial
from fmnist.callback.base import Callback
from fmnist.console import say
from fmnist.session import Session


@dataclass(kw_only=True)
class Pictures(Callback):
    """curves.png, curves.svg: the learning curves. Trials of a sweep draw none, and no trouble with them ends a run."""

    def finish(self, session: Session) -> None:
        if trial.current() or not session.history:
            return
        try:
            from fmnist.picture.learning_curves import learning_curves
            from fmnist.picture.style import save

            objective = session.objective
            best = objective.best_epoch(session.history)
            save(learning_curves(session.history, objective.name, best), session.folder / "curves")
        except Exception as error:
            say(f"warning: no picture of the learning curves: {error}")
