"""Hand each epoch to the tracker."""

from dataclasses import dataclass

from fmnist.interfaces import Tracker
from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class Track(Callback):
    """The bridge from the loop to a tracker."""

    tracker: Tracker

    def start(self, training: TrainingState) -> None:
        self.tracker.start(training.folder, training.history)

    def epoch(self, training: TrainingState) -> None:
        self.tracker.log(training.history[-1])
