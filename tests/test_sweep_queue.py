"""The queue of trials in a study's storage: each is taken once, and comes back when its process has died."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from fmnist.errors import FmnistError
from fmnist.sweep.study import attributes, identity, owner, trial_queue
from fmnist.sweep.study.identity import differences
from fmnist.sweep.study.trial_queue import CREATOR, READY, TrialQueue

DEAD = {"host": owner.this_process()["host"], "pid": os.getpid(), "since_boot": -1000.0}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "study.journal")


@pytest.fixture
def queue(url: str) -> TrialQueue:
    """Of four trials."""
    return open_queue(url)


def open_queue(url: str, budget: int = 4, points: Any = (), **known: Any) -> TrialQueue:
    queue = TrialQueue("s", url)
    queue.open(known, ["maximize"], budget, points)
    return queue


def take(queue: TrialQueue) -> FrozenTrial:
    trial = queue.pop()
    assert trial is not None
    return trial


def states(queue: TrialQueue) -> str:
    return " ".join(trial.state.name for trial in queue.study.get_trials())


def own(queue: TrialQueue, trial: FrozenTrial, who: dict[str, Any] | None) -> None:
    queue.storage.set_trial_user_attr(trial._trial_id, attributes.OWNER, who)


def test_the_budget_waits_and_the_first_trials_have_the_points(url: str) -> None:
    queue = open_queue(url, 3, [{"x": 1}, {"x": 2}])
    assert states(queue) == "WAITING WAITING WAITING"
    fixed = [trial.system_attrs["fixed_params"] for trial in queue.study.get_trials()]
    assert fixed == [{"x": 1}, {"x": 2}, {}]


def test_trials_are_taken_in_order_each_once_and_marked(queue: TrialQueue) -> None:
    taken = [take(queue) for _ in range(4)]
    assert [trial.number for trial in taken] == [0, 1, 2, 3]
    assert all(trial.state == TrialState.WAITING for trial in taken)  # as it was before
    assert states(queue) == "RUNNING RUNNING RUNNING RUNNING"
    assert all(owner.is_this_process(trial.user_attrs[attributes.OWNER]) for trial in queue.running())
    assert queue.pop() is None


def test_two_queues_on_one_study_never_take_the_same_trial(queue: TrialQueue, url: str) -> None:
    other = open_queue(url)
    assert [take(each).number for each in (queue, other, other, queue)] == [0, 1, 2, 3]
    assert queue.pop() is None
    assert other.pop() is None


def test_going_on_fills_the_queue_up_to_the_budget(queue: TrialQueue, url: str) -> None:
    take(queue)
    assert len(open_queue(url, 6, [{"x": n} for n in range(5)]).study.get_trials()) == 6
    assert queue.trial(4).system_attrs["fixed_params"] == {"x": 4}
    assert queue.trial(5).system_attrs["fixed_params"] == {}
    assert len(open_queue(url, 2).study.get_trials()) == 6


def test_another_search_is_refused_with_each_difference(url: str) -> None:
    open_queue(url, space={"x": {"low": 0, "when": []}}, epoch="best")
    open_queue(url, space={"x": {"low": 0, "when": ()}}, epoch="best")  # the same in JSON
    with pytest.raises(FmnistError) as error:
        open_queue(url, space={"x": {"low": 1, "when": []}, "y": 2}, epoch="best")
    assert str(error.value) == (
        "study=s was begun as another search: space x low was 0, is 1; space y was null, is 2; choose another study="
    )


def test_differences_name_the_path_of_keys() -> None:
    assert list(differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 1}, "c": 2})) == []
    assert list(differences({"a": {"b": 1}}, {"a": 5, "d": 6})) == [("a", {"b": 1}, 5), ("d", None, 6)]


def test_a_trial_of_a_dead_process_waits_again_and_comes_first(queue: TrialQueue) -> None:
    lost, kept, taken = take(queue), take(queue), take(queue)
    own(queue, lost, DEAD)
    assert queue.requeue_orphans() == 1
    assert states(queue) == "WAITING RUNNING RUNNING WAITING"
    assert not queue.trial(0).user_attrs[attributes.OWNER]
    assert [take(queue).number, take(queue).number] == [0, 3]
    assert queue.pop() is None
    own(queue, kept, DEAD)
    own(queue, taken, DEAD)
    assert queue.requeue_orphans() == 2


def test_a_trial_without_an_owner_is_an_orphan_after_a_while(
    queue: TrialQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    own(queue, take(queue), None)
    assert queue.requeue_orphans() == 0
    assert states(queue) == "RUNNING WAITING WAITING WAITING"
    monkeypatch.setattr(trial_queue, "GRACE_PERIOD", -1.0)
    assert queue.requeue_orphans() == 1
    assert states(queue) == "WAITING WAITING WAITING WAITING"


def test_an_interrupted_process_gives_back_its_own_trials_alone(queue: TrialQueue) -> None:
    take(queue)
    own(queue, take(queue), owner.this_process() | {"host": "elsewhere"})
    own(queue, take(queue), None)
    queue.requeue_own()
    assert states(queue) == "WAITING RUNNING RUNNING WAITING"


def test_orphans_are_looked_for_until_every_running_trial_has_an_owner(
    queue: TrialQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = take(queue)
    assert not queue.has_orphans()
    own(queue, trial, DEAD)
    assert queue.has_orphans()
    own(queue, take(queue), None)
    waited = []

    def sleep(seconds: float) -> None:  # meanwhile the other process notes itself
        waited.append(seconds)
        assert len(waited) < 3
        if len(waited) == 2:
            own(queue, trial, owner.this_process())

    monkeypatch.setattr(time, "sleep", sleep)
    assert not queue.has_orphans()
    assert len(waited) == 2


def test_going_on_takes_back_what_a_killed_sweep_was_running(queue: TrialQueue, url: str) -> None:
    own(queue, take(queue), DEAD)
    assert states(open_queue(url)) == "WAITING WAITING WAITING WAITING"


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, in a time that passes only by waiting."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(slept))
    return slept


def half_created(url: str, **attributes: Any) -> TrialQueue:
    """A study that its creator has not filled yet."""
    queue = TrialQueue("s", url)
    queue.study = optuna.create_study(study_name="s", storage=queue.storage, direction="maximize")
    for name, value in attributes.items():
        queue.study.set_user_attr(name, value)
    return queue


def test_a_study_whose_creator_died_is_filled_at_once(url: str, naps: list[float]) -> None:
    half_created(url, **{CREATOR: DEAD, identity.IDENTITY: {}})
    assert states(open_queue(url)) == "WAITING WAITING WAITING WAITING"
    assert sum(naps) == 0


def test_a_study_whose_creator_lives_is_waited_for_and_in_the_end_filled(url: str, naps: list[float]) -> None:
    half_created(url, **{CREATOR: owner.this_process(), identity.IDENTITY: {}})
    assert states(open_queue(url)) == "WAITING WAITING WAITING WAITING"
    assert trial_queue.PATIENCE <= sum(naps) < trial_queue.PATIENCE + 1


def test_a_study_that_is_filled_needs_no_waiting(queue: TrialQueue, url: str, naps: list[float]) -> None:
    assert owner.is_this_process(queue.study.user_attrs[CREATOR])
    assert owner.is_this_process(queue.study.user_attrs[READY])
    open_queue(url)
    assert sum(naps) == 0


def test_the_identity_of_a_study_is_waited_for(url: str, naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    study = half_created(url).study

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            study.set_user_attr(identity.IDENTITY, {"epoch": "last"})

    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(FmnistError, match='epoch was "last", is "best"'):
        identity.check_identity(study, {"epoch": "best"})
    assert len(naps) == 3


def test_an_identity_that_never_comes_hinders_nobody(url: str, naps: list[float]) -> None:
    identity.check_identity(half_created(url).study, {"epoch": "best"})
    assert identity.PATIENCE <= sum(naps) < identity.PATIENCE + 1


def test_the_lock_lets_one_in_at_a_time(queue: TrialQueue) -> None:
    entered = threading.Event()

    def enter() -> None:
        with queue.lock():
            entered.set()

    thread = threading.Thread(target=enter)
    with queue.lock():
        thread.start()
        assert not entered.wait(0.2)
    assert entered.wait(30)
    thread.join()


def test_ctrl_c_waits_until_a_trial_is_taken_and_marked() -> None:
    """Also in a process of several threads, any of which may get the signal."""
    done, leave = [], threading.Event()
    thread = threading.Thread(target=leave.wait)
    thread.start()

    def take() -> None:
        with owner.uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)  # another thread has it now
            done.append("marked")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            take()
        assert done == ["marked"]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        with owner.uninterrupted():  # nothing came
            done.append("again")
    finally:
        signal.signal(signal.SIGINT, before)
        leave.set()


def test_a_thread_takes_trials_too(queue: TrialQueue) -> None:
    """Only the main thread can be interrupted, and only it can set handlers."""
    taken: list[int] = []
    thread = threading.Thread(target=lambda: taken.append(take(queue).number))
    thread.start()
    thread.join()
    assert taken == [0]
