"""The run as a picture, made when it ends."""

from dataclasses import dataclass

from fmnist.sweep import trial
from fmnist.terminal.console import echo
from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class Pictures(Callback):
    """curves.png, curves.svg: the learning curves. Trials of a sweep draw none, and no trouble with them ends a run."""

    def finish(self, training: TrainingState) -> None:
        if trial.current() or not training.history:
            return
        try:
            from fmnist.picture.learning_curves import learning_curves
            from fmnist.picture.style import save

            objective = training.objective
            best = objective.best_epoch(training.history)
            save(learning_curves(training.history, objective.name, best), training.folder / "curves")
        except Exception as error:
            echo(f"warning: no picture of the learning curves: {error}")
