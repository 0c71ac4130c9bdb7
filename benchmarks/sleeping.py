"""A callback that sleeps: trials of a known length that keep no core busy. See launchers.py."""

import time
from dataclasses import dataclass

from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class Sleep(Callback):
    """After each epoch, for so many seconds."""

    seconds: float

    def epoch(self, training: TrainingState) -> None:
        time.sleep(self.seconds)
