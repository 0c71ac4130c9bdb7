"""The trials of a study by state, without counting 10,000 of them anew at the end of each."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from optuna.trial import FrozenTrial, TrialState


class Counts:
    """The finished trials by state, the best value so far, and how many trials ended since it was found.

    `count` goes through all trials, other machines' too; `add` keeps up with a single one in between.
    With several objectives the best is the best by the first of them.
    """

    def __init__(self, maximize: bool) -> None:
        self.maximize = maximize
        self.clear()

    def clear(self) -> None:
        self.states: Counter[TrialState] = Counter()
        self.best: FrozenTrial | None = None
        self.since_best = 0

    def count(self, trials: Iterable[FrozenTrial]) -> None:
        """Start again from these; those that are not finished do not count."""
        self.clear()
        ended = (trial for trial in trials if trial.state.is_finished())
        for trial in sorted(ended, key=lambda trial: trial.datetime_complete or datetime.min):
            self.add(trial)

    def add(self, trial: FrozenTrial) -> None:
        """A trial has ended."""
        self.states[trial.state] += 1
        if trial.state == TrialState.COMPLETE and (self.best is None or self.better(trial, self.best)):
            self.best, self.since_best = trial, 0
        else:
            self.since_best += 1

    def better(self, a: FrozenTrial, b: FrozenTrial) -> bool:
        first, second = a.values[0], b.values[0]
        return first > second if self.maximize else first < second

    @property
    def finished(self) -> int:
        return self.states.total()

    @property
    def failed(self) -> int:
        return self.states[TrialState.FAIL]
