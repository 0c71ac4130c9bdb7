"""How a study stands: counted anew or kept up with, the same figures."""

from datetime import datetime, timedelta

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from fmnist.sweep.results.counts import Counts

BEGIN = datetime(2026, 1, 1)


def make_trial(value: float | None, state: TrialState, after: int) -> FrozenTrial:
    trial = create_trial(value=value, state=state)
    trial.datetime_complete = BEGIN + timedelta(seconds=after) if state.is_finished() else None
    return trial


TRIALS = [
    make_trial(0.5, TrialState.COMPLETE, 1),
    make_trial(0.7, TrialState.COMPLETE, 4),
    make_trial(0.6, TrialState.COMPLETE, 2),
    make_trial(None, TrialState.FAIL, 3),
    make_trial(0.9, TrialState.PRUNED, 5),
    make_trial(None, TrialState.RUNNING, 0),
]


@pytest.mark.parametrize(("maximize", "best", "since"), [(True, 0.7, 1), (False, 0.5, 4)])
def test_states_best_and_how_long_ago(maximize: bool, best: float, since: int) -> None:
    counts = Counts(maximize)
    counts.count(TRIALS)
    counts.count(TRIALS)  # anew, not once more
    assert (counts.finished, counts.failed) == (5, 1)
    assert counts.best is not None
    assert counts.best.value == best
    assert counts.since_best == since
