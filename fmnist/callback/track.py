"""Hand each epoch to the tracker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fmnist.callback.base import Callback
from fmnist.interfaces import Tracker
from fmnist.session import Session


@dataclass(kw_only=True)
class Track(Callback):
    """The bridge from the loop to a tracker; `config` is the run's resolved config."""

    tracker: Tracker
    config: Mapping[str, Any]

    def start(self, session: Session) -> None:
        self.tracker.start(session.folder, self.config, session.history)

    def epoch(self, session: Session) -> None:
        self.tracker.log(session.history[-1])
