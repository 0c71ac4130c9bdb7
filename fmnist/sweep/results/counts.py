"""The trials of a study by state, without counting 10,000 of them anew at the end of each."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

EVERY = 1.0  # seconds between two countings …
SHARE = 0.02  # … or as much longer as it takes for them to cost no more than this share of the time


class Counts:
    """The finished trials by state, the best value so far, and how many trials ended since it was found.

    `refresh` goes through all trials, other machines' too, now and then; `add` keeps up with a single one in between.
    With several objectives the best is the best by the first of them.
    """

    def __init__(self, maximize: bool) -> None:
        self.maximize = maximize
        self.next = 0.0  # time of the next refresh
        self.clear()

    def clear(self) -> None:
        self.states: Counter[TrialState] = Counter()
        self.best: FrozenTrial | None = None
        self.since_best = 0

    def refresh(self, study: Study) -> None:
        """Count all trials anew, if the last time is long enough ago."""
        begin = time.monotonic()
        if begin >= self.next:
            self.count(study.get_trials(deepcopy=False))
            now = time.monotonic()
            self.next = now + max(EVERY, (now - begin) / SHARE)

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
