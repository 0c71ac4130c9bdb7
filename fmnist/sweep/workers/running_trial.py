"""A trial while it runs, and where those who run trials get them."""

import time
from dataclasses import dataclass, field
from typing import Protocol

from optuna.trial import Trial

from fmnist.sweep.program import Outcome


@dataclass
class RunningTrial:
    """A trial with the overrides of its jobs (one per seed) that are still to be run, and the others' outcomes."""

    trial: Trial
    overrides: list[str]
    jobs: list[list[str]]
    outcomes: list[Outcome] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Trials(Protocol):
    """Optuna's ask-and-tell interface, for trials with jobs."""

    def ask(self) -> RunningTrial | None:
        """The next trial; None when the queue is empty or no further trial shall start."""
        ...

    def tell(self, running: RunningTrial) -> None:
        """Record the end of a trial, from the outcomes of its jobs."""
        ...

    def has_more(self) -> bool:
        """Whether there is something to ask for after all: a trial whose owner has died meanwhile."""
        ...
