"""The queue of trials in a study's storage: each is taken once, and comes back when its process has died."""

import os
import signal
import threading
import time
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from fmnist.errors import FmnistError
from fmnist.sweep.study import attributes, identity, lease, trial_queue
from fmnist.sweep.study.heartbeat import Heartbeat
from fmnist.sweep.study.identity import differences
from fmnist.sweep.study.process import this_process
from fmnist.sweep.study.trial_queue import CREATOR, READY, TrialQueue
from fmnist.sweep.trial import LeaseLost
from fmnist.terminal.signals import uninterrupted

LEASE = 60.0
DEAD = this_process() | {"started": -1000.0}  # its process id is used again


@pytest.fixture
def url(tmp_path: Path) -> str:
    return str(tmp_path / "study.journal")


@pytest.fixture
def queue(url: str) -> TrialQueue:
    """Of four trials."""
    return open_queue(url)


def open_queue(url: str, budget: int = 4, points: Any = (), lease: float = LEASE, **known: Any) -> TrialQueue:
    queue = TrialQueue("s", url, lease)
    queue.open(known, ["maximize"], budget, points)
    return queue


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a watch of leases takes for the time; the first entry counts."""
    now = [1000.0]
    monkeypatch.setattr(lease, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def requeued(queue: TrialQueue, clock: list[float], *seconds: float) -> list[int]:
    """How many trials are taken back at each of these times."""
    found = []
    for second in seconds:
        clock[0] = 1000.0 + second
        found.append(queue.requeue_expired())
    return found


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
    tokens = {trial._trial_id: trial.user_attrs[attributes.OWNER]["token"] for trial in queue.running()}
    assert tokens == queue.held
    assert len(set(tokens.values())) == 4
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
    assert queue.requeue_expired() == 1
    assert states(queue) == "WAITING RUNNING RUNNING WAITING"
    assert not queue.trial(0).user_attrs[attributes.OWNER]
    assert [take(queue).number, take(queue).number] == [0, 3]
    assert queue.pop() is None
    own(queue, kept, DEAD)
    own(queue, taken, DEAD)
    assert queue.requeue_expired() == 2


def test_a_trial_that_nobody_owns_is_free_when_its_lease_has_expired(queue: TrialQueue, clock: list[float]) -> None:
    own(queue, take(queue), None)
    assert requeued(queue, clock, 0, 29, 58) == [0, 0, 0]
    assert requeued(queue, clock, 61) == [1]
    assert states(queue) == "WAITING WAITING WAITING WAITING"


def test_a_lease_that_is_renewed_does_not_expire(queue: TrialQueue, clock: list[float]) -> None:
    """Of a process on another machine nothing else is known."""
    trial = take(queue)
    own(queue, trial, this_process() | {"machine": "elsewhere"})
    for beat in range(20):
        queue.storage.set_trial_user_attr(trial._trial_id, attributes.BEAT, beat)
        assert requeued(queue, clock, 29 * beat) == [0]
    assert requeued(queue, clock, 29 * 20, 29 * 21, 29 * 22) == [0, 0, 1]


def test_whoever_did_not_look_for_long_starts_again(queue: TrialQueue, clock: list[float]) -> None:
    """The storage did not answer for ten minutes: nobody could renew anything."""
    own(queue, take(queue), this_process() | {"machine": "elsewhere"})
    assert requeued(queue, clock, 0, 20, 620, 640, 660) == [0, 0, 0, 0, 0]
    assert requeued(queue, clock, 681) == [1]


def release(queue: TrialQueue, trial: FrozenTrial) -> AbstractContextManager[None]:
    return queue.release(trial._trial_id, queue.held[trial._trial_id])


def test_what_was_taken_over_is_neither_told_nor_given_back(queue: TrialQueue, url: str) -> None:
    trial, other = take(queue), open_queue(url)
    queue.requeue(trial._trial_id)
    assert take(other).number == trial.number == 0
    with pytest.raises(LeaseLost), release(queue, trial):
        pass
    assert states(queue) == "RUNNING WAITING WAITING WAITING"
    with release(other, trial):
        other.study.tell(0, 0.5)
    assert states(queue) == "COMPLETE WAITING WAITING WAITING"


def test_a_trial_that_was_lost_and_taken_again_is_told_under_its_new_lease_alone(queue: TrialQueue) -> None:
    """This process was stopped for a while; its old worker still trains when a new one begins."""
    trial = take(queue)
    old = queue.held[trial._trial_id]
    queue.requeue(trial._trial_id)
    assert take(queue).number == trial.number == 0
    with pytest.raises(LeaseLost), queue.release(trial._trial_id, old):
        pass
    assert states(queue) == "RUNNING WAITING WAITING WAITING"
    with release(queue, trial):
        queue.study.tell(0, 0.5)
    assert not queue.held
    assert states(queue) == "COMPLETE WAITING WAITING WAITING"


def test_an_interrupted_process_gives_back_its_own_trials_alone(queue: TrialQueue, url: str) -> None:
    take(queue)
    take(open_queue(url))
    take(queue)
    queue.give_back_all()
    assert states(queue) == "WAITING RUNNING WAITING WAITING"
    assert not queue.held


def test_the_heartbeat_renews_and_notices_what_is_lost(url: str) -> None:
    queue = open_queue(url, lease=0.2)
    kept, lost = take(queue), take(queue)
    token = queue.held[lost._trial_id]
    own(queue, lost, this_process() | {"token": "another"})
    with Heartbeat(queue) as heartbeat:
        until = time.monotonic() + 30
        while not (heartbeat.lost and queue.trial(0).user_attrs.get(attributes.BEAT, 0) > 8):  # longer than the lease
            assert time.monotonic() < until
            time.sleep(0.01)
    assert heartbeat.lost == {token}
    assert queue.trial(kept.number).state == TrialState.RUNNING
    assert attributes.BEAT not in queue.trial(lost.number).user_attrs


def test_a_study_can_be_joined_only_if_it_is_there_and_the_same(queue: TrialQueue, url: str) -> None:
    with pytest.raises(FmnistError, match="there is no study=other in "):
        TrialQueue("other", url, LEASE).join({})
    with pytest.raises(FmnistError, match="was begun as another search"):
        TrialQueue("s", url, LEASE).join({"epoch": "last"})
    joined = TrialQueue("s", url, LEASE)
    joined.join({})
    assert take(joined).number == 0
    assert not joined.is_done()


def test_whoever_joins_takes_back_what_a_killed_sweep_was_running(queue: TrialQueue, url: str) -> None:
    own(queue, take(queue), DEAD)
    joined = TrialQueue("s", url, LEASE)
    joined.join({})
    assert take(joined).number == 0


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
    queue = TrialQueue("s", url, LEASE)
    queue.study = optuna.create_study(study_name="s", storage=queue.storage, direction="maximize")
    for name, value in attributes.items():
        queue.study.set_user_attr(name, value)
    return queue


def test_a_study_whose_creator_died_is_filled_at_once(url: str, naps: list[float]) -> None:
    half_created(url, **{CREATOR: DEAD, identity.IDENTITY: {}})
    assert states(open_queue(url)) == "WAITING WAITING WAITING WAITING"
    assert sum(naps) == 0


def test_a_study_whose_creator_lives_is_waited_for_and_in_the_end_filled(url: str, naps: list[float]) -> None:
    half_created(url, **{CREATOR: this_process(), identity.IDENTITY: {}})
    assert states(open_queue(url)) == "WAITING WAITING WAITING WAITING"
    assert trial_queue.PATIENCE <= sum(naps) < trial_queue.PATIENCE + 1


def test_a_study_that_is_filled_needs_no_waiting(queue: TrialQueue, url: str, naps: list[float]) -> None:
    assert queue.study.user_attrs[CREATOR] == queue.study.user_attrs[READY] == this_process()
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
        with uninterrupted():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)  # another thread has it now
            done.append("marked")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            take()
        assert done == ["marked"]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        with uninterrupted():  # nothing came
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
