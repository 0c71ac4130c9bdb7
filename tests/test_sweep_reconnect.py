"""A storage that goes away and comes back: what waits, what does not, and what is never done twice."""

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from fmnist.errors import FmnistError
from fmnist.sweep.study.kind import Kind, no_lock
from fmnist.sweep.study.lock import lock_study
from fmnist.sweep.study.reconnect import Reconnected, without_waiting
from fmnist.sweep.study.reconnecting_storage import ReconnectingStorage
from fmnist.sweep.study.storage import NoAnswer, open_storage, storage_errors
from postgres import Server, Sweep, counts, trials
from servers import NEEDS_PROXY, NEEDS_REDIS, Proxy, Redis
from storages import NEEDS_POSTGRESQL

# Optuna closes a database's connections when the process ends.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


class Away(Exception):
    """What the storage of the first tests raises."""


class Unreliable(InMemoryStorage):
    """Away for a number of calls; `late`: it has done the first of them all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.away, self.late = 0, False

    def answer(self, method: Callable[..., object], *arguments: object) -> object:
        if not self.away:
            return method(*arguments)
        self.away -= 1
        if self.late:
            self.late = False
            method(*arguments)
        raise Away("cable")

    def get_all_studies(self):
        return self.answer(super().get_all_studies)

    def create_new_trial(self, *arguments):
        return self.answer(super().create_new_trial, *arguments)

    def set_trial_user_attr(self, *arguments):
        return self.answer(super().set_trial_user_attr, *arguments)

    def set_trial_state_values(self, *arguments):
        return self.answer(super().set_trial_state_values, *arguments)


def is_away(error: BaseException) -> bool:
    return isinstance(error, Away)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> ReconnectingStorage:
    unreliable = Unreliable()
    return ReconnectingStorage(unreliable, no_lock, Kind(lambda _: (unreliable, no_lock), is_away, is_away), "it")


def test_a_call_waits_and_two_lines_say_so(storage: ReconnectingStorage, capsys: pytest.CaptureFixture[str]) -> None:
    study = optuna.create_study(storage=storage)
    trial = study.ask()
    assert storage.generation == 0
    storage.behind.away = 2
    trial.set_user_attr("key", "value")
    assert study.trials[0].user_attrs == {"key": "value"}
    assert storage.generation == 1
    lost, found = capsys.readouterr().err.splitlines()
    assert lost == "it does not answer (cable); trying again for 300 s"
    assert found.startswith("it answers again, after 0.")


def test_after_the_limit_the_error_is_raised(storage: ReconnectingStorage) -> None:
    trial = optuna.create_study(storage=storage).ask()
    storage.reconnect = 0.3
    storage.behind.away = 10**9
    began = time.monotonic()
    with pytest.raises(Away):
        trial.set_user_attr("key", "value")
    assert time.monotonic() - began >= 0.3
    assert 2 <= 10**9 - storage.behind.away < 20  # with growing pauses


def test_a_run_does_not_wait_while_another_thread_does(
    storage: ReconnectingStorage, capsys: pytest.CaptureFixture[str]
) -> None:
    study = optuna.create_study(storage=storage)
    ours, theirs = study.ask(), study.ask()
    storage.behind.away = 10**9
    with without_waiting(), pytest.raises(Away):
        ours.set_user_attr("epoch", 1)
    assert 10**9 - storage.behind.away == 1
    assert capsys.readouterr().err == ""  # nobody waits yet
    waiting = threading.Thread(target=theirs.set_user_attr, args=("epoch", 1))
    with without_waiting():
        waiting.start()
        with pytest.raises(Away):
            ours.set_user_attr("epoch", 1)
    assert waiting.is_alive()
    storage.behind.away = 0
    waiting.join(10)
    assert [trial.user_attrs for trial in study.trials] == [{}, {"epoch": 1}]
    assert storage.generation == 1
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("late", [False, True])
def test_a_trial_is_never_added_twice(late: bool, storage: ReconnectingStorage) -> None:
    study = optuna.create_study(storage=storage)
    storage.behind.away, storage.behind.late = 3, late
    with pytest.raises(Reconnected, match="it was out of reach for a while; the same command goes on"):
        study.enqueue_trial({"x": 1})
    assert storage.behind.away == 0  # it is raised when there is an answer again
    assert storage.generation == 1
    assert len(study.trials) == late


@pytest.mark.parametrize("late", [False, True])
def test_what_was_decided_under_a_lock_is_decided_anew_after_an_outage(
    late: bool, storage: ReconnectingStorage
) -> None:
    """Another process may have had the lock meanwhile."""
    trial = optuna.create_study(storage=storage).ask()

    def requeue() -> None:
        storage.set_trial_user_attr(trial._trial_id, "owner", None)
        storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)

    storage.behind.away, storage.behind.late = 2, late
    with pytest.raises(Reconnected):
        storage.once(requeue)
    assert storage.behind.away == 0
    assert trial.study.trials[0].state == TrialState.RUNNING
    storage.once(requeue)
    assert trial.study.trials[0].state == TrialState.WAITING


def test_the_end_of_a_trial_whose_answer_was_lost_is_no_error(storage: ReconnectingStorage) -> None:
    study = optuna.create_study(storage=storage)
    trial = study.ask()
    storage.behind.away, storage.behind.late = 1, True
    study.tell(trial, 0.5)
    assert study.trials[0].value == 0.5

    trial = study.ask()
    storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [1.0])
    storage.behind.away, storage.behind.late = 1, False
    with pytest.raises(UpdateFinishedTrialError):  # another process has told something else
        storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [2.0])
    with pytest.raises(UpdateFinishedTrialError):
        storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [1.0])  # nothing was lost


def test_a_trial_that_was_taken_without_an_answer_is_left_to_the_next(storage: ReconnectingStorage) -> None:
    study = optuna.create_study(storage=storage)
    study.enqueue_trial({"x": 1})
    storage.behind.away, storage.behind.late = 1, True
    assert not storage.set_trial_state_values(study.trials[0]._trial_id, TrialState.RUNNING)
    assert study.trials[0].state == TrialState.RUNNING


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.stop()


def restart(server: Server | Redis | Proxy, away: float) -> None:
    server.kill()
    time.sleep(away)
    server.start()


@NEEDS_POSTGRESQL
def test_a_sweep_outlives_a_restart_of_its_database(server: Server, tmp_path: Path) -> None:
    url = server.database("restarted")
    words = ("sweep=smoke", "study=x", f"hydra.sweeper.storage={url}", "hydra.sweeper.n_trials=8")
    sweep = Sweep(*words, cwd=tmp_path)
    try:
        sweep.wait_until_finished(3)
        restart(server, 1.5)
        code, error = sweep.end()
    finally:
        sweep.kill()
    assert code == 0, error
    name = re.escape(f"hydra.sweeper.storage={url}")
    lost = rf"{name} does not answer \(.+\); trying again for 300 s\n"
    found = rf"{name} answers again, after [\d.]+ s\n"
    assert re.fullmatch(f"{lost}{found}|{lost}{lost}{found}{found}", error)  # the sweep; it and its worker
    assert counts(trials(url, "x")) == {"COMPLETE": 8}


@NEEDS_POSTGRESQL
def test_a_sweep_that_has_to_leave_does_not_wait_for_its_database(server: Server, tmp_path: Path) -> None:
    url = server.database("deserted")
    words = ("sweep=smoke", "study=x", f"hydra.sweeper.storage={url}", "hydra.sweeper.n_trials=8")
    sweep = Sweep(*words, cwd=tmp_path)
    try:
        sweep.wait_until_finished(2)
        server.kill()
        while "does not answer" not in sweep.err.read_text():
            time.sleep(0.02)
        sweep.process.send_signal(signal.SIGINT)
        code, error = sweep.end()
    finally:
        sweep.kill()
        server.start()
    assert code == 130, error
    assert error.splitlines()[-1] == "error: interrupted"


def fill(url: str, budget: int, added: list[int]) -> None:
    """As the queue does: under the lock, what is missing by a new count."""
    storage = open_storage(url)
    while True:
        try:
            with lock_study(storage, url, "s"):
                study = optuna.load_study(study_name="s", storage=storage)
                for _ in range(len(study.trials), budget):
                    study.enqueue_trial({})
                    added.append(1)
                    time.sleep(0.02)
        except Reconnected:
            continue
        return


@NEEDS_POSTGRESQL
def test_a_queue_that_is_filled_during_a_restart_has_the_budget(server: Server) -> None:
    url = server.database("filled")
    open_storage.cache_clear()
    optuna.create_study(study_name="s", storage=open_storage(url))
    added: list[int] = []
    filling = threading.Thread(target=fill, args=(url, 60, added))
    filling.start()
    while len(added) < 10:
        time.sleep(0.005)
    restart(server, 1.5)
    filling.join(60)
    assert len(optuna.load_study(study_name="s", storage=open_storage(url)).trials) == 60
    assert open_storage(url).generation >= 1


@NEEDS_POSTGRESQL
def test_a_report_during_an_outage_is_an_error_at_once(server: Server) -> None:
    url = server.database("outage")
    open_storage.cache_clear()
    trial = optuna.create_study(study_name="s", storage=open_storage(url)).ask()
    trial.report(0.5, 1)
    server.kill()
    try:
        with without_waiting(), pytest.raises(NoAnswer), storage_errors(url):
            trial.report(0.6, 2)
    finally:
        server.start()
    trial.report(0.6, 2)
    study = optuna.load_study(study_name="s", storage=open_storage(url))
    assert study.trials[0].intermediate_values == {1: 0.5, 2: 0.6}


@NEEDS_PROXY
@NEEDS_POSTGRESQL
def test_a_proxy_and_the_database_behind_it_come_back(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    proxy = Proxy(server.database("proxied"))
    try:
        storage = open_storage(proxy.url)
        study = optuna.create_study(study_name="s", storage=storage)
        study.enqueue_trial({"x": 0.25})
        for number, away in enumerate((proxy, server), 1):
            restarting = threading.Thread(target=restart, args=(away, 1.5))
            restarting.start()
            away.process.wait()
            study.set_user_attr("number", number)
            restarting.join()
            assert storage.generation == number
        # The proxy is a new one and has not seen the trial.
        trial = optuna.Trial(study, study.get_trials(deepcopy=False)[0]._trial_id)
        assert trial.suggest_float("x", 0, 1) == 0.25
        assert study.user_attrs == {"number": 2}
        assert len(capsys.readouterr().err.splitlines()) == 4
    finally:
        proxy.stop()


@NEEDS_REDIS
def test_a_redis_server_comes_back(capsys: pytest.CaptureFixture[str]) -> None:
    redis = Redis()
    try:
        url = redis.database(0)
        study = optuna.create_study(study_name="s", storage=open_storage(url))
        restarting = threading.Thread(target=restart, args=(redis, 1.5))
        restarting.start()
        redis.process.wait()
        study.set_user_attr("number", 1)
        restarting.join()
        assert study.user_attrs == {"number": 1}
        assert len(capsys.readouterr().err.splitlines()) == 2
    finally:
        redis.stop()


@NEEDS_REDIS
def test_a_redis_server_that_has_forgotten_records_is_no_study(tmp_path: Path) -> None:
    redis = Redis()
    try:
        url = redis.database(0)
        study = optuna.create_study(study_name="s", storage=open_storage(url))
        open_storage(url).behind._backend.client.set(":log_number", -1)
        with pytest.raises(FmnistError, match="has lost records of the study"):
            study.trials  # noqa: B018
    finally:
        redis.stop()
