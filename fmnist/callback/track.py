"""Hand each epoch to the tracker."""

from dataclasses import dataclass

from fmnist.callback.base import Callback
from fmnist.interfaces import Tracker
from fmnist.session import Session


@dataclass(kw_only=True)
class Track(Callback):
    """The bridge from the loop to a tracker."""

    tracker: Tracker

    def start(self, session: Session) -> None:
        self.tracker.start(session.folder, session.history)

    def epoch(self, session: Session) -> None:
        self.tracker.log(session.history[-1])
