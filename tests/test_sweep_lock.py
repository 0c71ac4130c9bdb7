"""The lock of a study on every storage for several machines: one at a time, whatever dies."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from sqlalchemy.exc import OperationalError

from fmnist.sweep.study import storage_lock
from fmnist.sweep.study.lock import lock_study
from fmnist.sweep.study.reconnect import Reconnected
from fmnist.sweep.study.storage import open_storage
from forks import FORKS
from options import ROOT, python_path
from storages import SERVERS, Storages, mostly_slow

# Optuna closes a database's connections when the process ends.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


def count_up(machine: Path, url: str, counter: Path, times: int) -> None:
    """In a process of its own."""
    os.environ["TMPDIR"] = str(machine)
    tempfile.tempdir = None
    storage = open_storage(url)
    for _ in range(times):
        with lock_study(storage, url, "s"):
            n = int(counter.read_text())
            time.sleep(0.01)
            counter.write_text(str(n + 1))


# Takes the lock, says so, and after a word from the test tries to add a trial.
HOLD = """
import sys
import optuna
from fmnist.sweep.study.lock import lock_study
from fmnist.sweep.study.reconnect import Reconnected
from fmnist.sweep.study.storage import open_storage
url = sys.argv[1]
study = optuna.create_study(study_name="s", storage=open_storage(url), load_if_exists=True)
try:
    with lock_study(open_storage(url), url, "s"):
        print("held", flush=True)
        sys.stdin.readline()
        study.enqueue_trial({})
    print("added")
except Reconnected:
    print("refused")
"""


@pytest.fixture(scope="module")
def storages() -> Iterator[Storages]:
    storages = Storages()
    try:
        yield storages
    finally:
        storages.stop()


def process(program: str, machine: Path, *words: object) -> subprocess.Popen[str]:
    """On a machine of its own, as far as the lock's file goes."""
    machine.mkdir(exist_ok=True)
    env = {**os.environ, "PYTHONPATH": python_path(ROOT), "TMPDIR": str(machine)}
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def says(holder: subprocess.Popen[str]) -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


@pytest.mark.parametrize("kind", mostly_slow(SERVERS, "redis"))
def test_eight_machines_count_together(kind: str, storages: Storages, tmp_path: Path) -> None:
    counter, url = tmp_path / "counter", storages.url(kind, tmp_path)
    counter.write_text("0")
    optuna.create_study(study_name="s", storage=open_storage(url))  # the tables are there
    processes = []
    for i in range(8):
        (tmp_path / f"machine{i}").mkdir()
        processes.append(FORKS.Process(target=count_up, args=(tmp_path / f"machine{i}", url, counter, 10)))
        processes[-1].start()
    for each in processes:
        each.join(240)
        assert each.exitcode == 0
    assert counter.read_text() == "80"
    assert [study.study_name for study in open_storage(url).get_all_studies()] == ["s"]  # nothing is left of the lock


@pytest.mark.parametrize("kind", mostly_slow(SERVERS, "postgresql"))
def test_the_lock_of_a_process_that_was_killed_passes_on(kind: str, storages: Storages, tmp_path: Path) -> None:
    url = storages.url(kind, tmp_path)
    holder = process(HOLD, tmp_path / "red", url)
    assert says(holder) == "held"
    holder.kill()
    holder.communicate()
    next_one = process(HOLD, tmp_path / "blue", url)
    assert says(next_one) == "held"
    assert next_one.communicate("\n", timeout=60)[0] == "added\n"


@pytest.mark.parametrize("kind", mostly_slow(SERVERS[2:], "redis"))
def test_a_process_that_slept_knows_that_it_has_lost_the_lock(kind: str, storages: Storages, tmp_path: Path) -> None:
    """It was taken for dead: what it adds now would be one too many."""
    url = storages.url(kind, tmp_path)
    sleeper = process(HOLD, tmp_path / "red", url)
    assert says(sleeper) == "held"
    sleeper.send_signal(signal.SIGSTOP)
    try:
        successor = process(HOLD, tmp_path / "blue", url)
        assert says(successor) == "held"
    finally:
        sleeper.send_signal(signal.SIGCONT)
    assert sleeper.communicate("\n", timeout=60)[0] == "refused\n"
    assert successor.communicate("\n", timeout=60)[0] == "added\n"  # the sleeper did not give back what it had lost
    assert len(optuna.load_study(study_name="s", storage=open_storage(url)).trials) == 1


def test_a_holder_that_works_for_long_keeps_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that is stopped itself while it waits judges nobody."""
    monkeypatch.setattr(storage_lock, "LOST", 1.0)
    monkeypatch.setattr(storage_lock, "BEAT", 0.2)
    storage = open_storage(str(tmp_path / "study.journal")).behind
    lock = storage_lock.study_lock(storage)
    program = (
        "import sys, time\n"
        "from fmnist.sweep.study import storage_lock\n"
        "from fmnist.sweep.study.storage import open_storage\n"
        "storage_lock.LOST = 1.0\n"
        "with storage_lock.study_lock(open_storage(sys.argv[1]).behind)('s'):\n"
        "    print('held', flush=True)\n"
    )
    with lock("s") as held:
        waiting = process(program, tmp_path / "blue", tmp_path / "study.journal")
        time.sleep(3.0)
        assert held()
        assert waiting.poll() is None
    assert waiting.communicate(timeout=30)[0] == "held\n"


def test_without_the_lock_no_trial_is_added(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    storage = open_storage(url)
    study = optuna.create_study(study_name="s", storage=storage)
    storage.lock = storage_lock.study_lock(storage.behind)
    with lock_study(storage, url, "s"):
        study.enqueue_trial({"x": 1})
        storage.behind.delete_study(storage.get_study_id_from_name("s.lock"))  # somebody took us for dead
        with pytest.raises(Reconnected, match="lock was lost"):
            study.enqueue_trial({"x": 2})
    study.enqueue_trial({"x": 3})
    assert [trial.system_attrs["fixed_params"] for trial in study.trials] == [{"x": 1}, {"x": 3}]


def test_optuna_tries_no_second_time_to_add_a_trial_when_the_lock_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    storage = open_storage(url)
    study = optuna.create_study(study_name="s", storage=storage)
    tries: list[int] = []

    def lost(*_: object) -> None:
        tries.append(1)
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(RDBStorage, "_get_prepared_new_trial", lost)
    storage.lock = lambda _: nullcontext(lambda: not tries)
    with lock_study(storage, url, "s"), pytest.raises(Reconnected):
        study.enqueue_trial({})
    assert len(tries) == 1
