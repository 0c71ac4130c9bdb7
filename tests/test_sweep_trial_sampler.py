"""Which point a trial gets: never one that another trial has, unless that was asked for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import TrialState

from fmnist.sweep.space.space import Dimension, Space
from fmnist.sweep.study import attributes
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study.trial_sampler import DRAWS, TrialSampler

LETTERS = CategoricalDistribution(list("abcd"))


class Draws(RandomSampler):
    """Draws one value, whatever was asked."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def sample_independent(self, *_: Any) -> Any:
        return self.value


@pytest.fixture
def queue(tmp_path: Path) -> TrialQueue:
    return TrialQueue("s", str(tmp_path / "study.journal"), lease=60)


def sampler(
    queue: TrialQueue,
    draws: Sequence[Any],
    distribution: BaseDistribution = LETTERS,
    *,
    kind: Callable[[Any], BaseSampler] = Draws,
    duplicates: bool = False,
) -> TrialSampler:
    """As a process has it that takes part in the study; its attempts at a point draw these, and the last again."""

    def sampler_for(number: int, attempt: int = 0) -> BaseSampler:
        return kind(draws[min(attempt, len(draws) - 1)])

    options = SimpleNamespace(duplicates=duplicates, pruner={"_target_": "optuna.pruners.NopPruner"})
    space = Space((Dimension("x", distribution),))
    config: Any = SimpleNamespace(space=space, fixed={}.get, sampler_for=sampler_for, options=options)
    return TrialSampler(config, queue)


def fill(queue: TrialQueue, budget: int, points: Sequence[dict[str, Any]] = ()) -> None:
    queue.open({}, ["maximize"], budget, points)


def ask(sampler: TrialSampler) -> str:
    """The overrides of the next trial, which are what its parameters say."""
    asked = sampler.ask()
    assert asked is not None
    trial, overrides = asked
    stored = sampler.queue.trial(trial.number)
    assert stored.state == TrialState.RUNNING
    assert stored.params == trial.params
    assert overrides == [f"x={trial.params['x']}"] == stored.user_attrs[attributes.OVERRIDES]
    return overrides[0]


def test_a_point_that_was_tried_is_drawn_again(queue: TrialQueue) -> None:
    fill(queue, 3)
    trials = sampler(queue, "abc")
    assert [ask(trials) for _ in range(3)] == ["x=a", "x=b", "x=c"]
    assert trials.ask() is None


def test_a_sampler_that_knows_one_point_only_gets_those_that_are_left_in_order(queue: TrialQueue) -> None:
    fill(queue, 4)
    trials = sampler(queue, "c")
    assert [ask(trials) for _ in range(4)] == ["x=c", "x=a", "x=b", "x=d"]


def test_a_point_of_another_process_is_tried_too(queue: TrialQueue) -> None:
    fill(queue, 4)
    ours, theirs = sampler(queue, "a"), sampler(queue, "a")
    assert [ask(ours), ask(theirs), ask(ours), ask(theirs)] == ["x=a", "x=b", "x=c", "x=d"]


def test_a_process_that_comes_later_knows_what_was_tried(queue: TrialQueue) -> None:
    fill(queue, 2)
    ask(sampler(queue, "a"))
    assert ask(sampler(queue, "ad")) == "x=d"


def test_with_duplicates_the_first_draw_counts(queue: TrialQueue) -> None:
    fill(queue, 2)
    trials = sampler(queue, "abcd", duplicates=True)
    assert [ask(trials), ask(trials)] == ["x=a", "x=a"]


def test_where_there_is_no_other_point_the_trial_still_has_one(queue: TrialQueue) -> None:
    fill(queue, 3)
    trials = sampler(queue, "a", CategoricalDistribution(["a", "b"]))
    assert [ask(trials) for _ in range(2)] == ["x=a", "x=b"]
    assert ask(trials) in ("x=a", "x=b")


def test_a_space_that_cannot_be_counted_is_drawn_from_a_limited_number_of_times(queue: TrialQueue) -> None:
    fill(queue, 2)
    draws = []

    def kind(value: float) -> BaseSampler:
        draws.append(value)
        return Draws(value)

    trials = sampler(queue, [0.5], FloatDistribution(0, 1), kind=kind)
    assert [ask(trials), ask(trials)] == ["x=0.5", "x=0.5"]
    assert len(draws) == 1 + DRAWS


def test_points_that_were_asked_for_come_as_they_are_and_are_not_drawn_again(queue: TrialQueue) -> None:
    fill(queue, 4, [{"x": "d"}, {"x": "d"}])
    trials = sampler(queue, "d")
    assert [ask(trials) for _ in range(4)] == ["x=d", "x=d", "x=a", "x=b"]


def test_a_trial_that_was_begun_before_keeps_its_point_and_counts_its_attempts(queue: TrialQueue) -> None:
    fill(queue, 2)
    trials = sampler(queue, "b")
    assert ask(trials) == "x=b"
    assert queue.trial(0).user_attrs[attributes.ATTEMPTS] == 1
    queue.give_back_all()
    again = sampler(queue, "a")
    assert ask(again) == "x=b"
    assert queue.trial(0).user_attrs[attributes.ATTEMPTS] == 2
    assert ask(again) == "x=a"
    assert queue.trial(1).user_attrs[attributes.ATTEMPTS] == 1


def test_a_trial_whose_process_died_before_it_had_a_point_is_sampled_like_any_other(queue: TrialQueue) -> None:
    fill(queue, 3)
    trials = sampler(queue, "a")
    lost = queue.pop()
    assert lost is not None
    assert ask(trials) == "x=a"  # trial 1; trial 0 has no point yet
    queue.requeue(lost._trial_id)
    other = sampler(queue, "b")
    assert ask(other) == "x=b"  # trial 0 again, in another process
    assert ask(sampler(queue, "bac")) == "x=c"


def test_a_point_that_comes_late_to_an_earlier_trial_is_noticed(queue: TrialQueue) -> None:
    """Another process takes trial 0, and samples its point only when this one has looked at it already."""
    fill(queue, 3)
    ours, theirs = sampler(queue, "abc"), sampler(queue, "b")
    taken = queue.pop()
    assert taken is not None
    assert ask(ours) == "x=a"
    theirs.sample(taken)
    assert queue.trial(0).params == {"x": "b"}
    assert ask(ours) == "x=c"


def test_the_sampler_learns_how_the_trial_ended(queue: TrialQueue) -> None:
    fill(queue, 1)
    ended = []

    class Curious(Draws):
        def after_trial(self, study: Any, trial: Any, state: TrialState, values: Any) -> None:
            ended.append((trial.number, state, values))

    asked = sampler(queue, "a", kind=Curious).ask()
    assert asked is not None
    asked[0].study.tell(asked[0].number, 0.5)
    assert ended == [(0, TrialState.COMPLETE, [0.5])]


@pytest.mark.parametrize(("relative", "expected"), [(9, "x=3"), (2, "x=2")])
def test_a_relative_draw_outside_the_dimension_is_drawn_alone(queue: TrialQueue, relative: int, expected: str) -> None:
    """A sampler that has seen the study with other bounds proposes what this space does not have."""

    class Relative(Draws):
        def sample_relative(self, *_: Any) -> dict[str, Any]:
            return {"x": relative}

    fill(queue, 1)
    assert ask(sampler(queue, [3], IntDistribution(1, 3), kind=Relative)) == expected
