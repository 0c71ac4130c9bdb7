"""Which process runs a trial, and whether it still exists."""

import subprocess
import sys
import time

import psutil
import pytest

from fmnist.sweep.study import owner


@pytest.fixture
def process():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def owner_of(process: subprocess.Popen) -> dict:
    return owner.this_process() | {"pid": process.pid, "since_boot": owner.start_time(process.pid)}


def test_this_process_is_alive_and_its_own() -> None:
    assert not owner.is_dead(owner.this_process())
    assert owner.is_this_process(owner.this_process())


def test_another_process_is_alive_until_it_ends(process: subprocess.Popen) -> None:
    other = owner_of(process)
    assert not owner.is_dead(other)
    assert not owner.is_this_process(other)
    process.kill()
    until = time.monotonic() + 30
    while not owner.is_dead(other):  # also as a zombie, for nobody has waited for it yet
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_process_id_that_is_used_again_is_another_process() -> None:
    me = owner.this_process()
    earlier = me | {"since_boot": me["since_boot"] - 60}
    assert owner.is_dead(earlier)
    assert not owner.is_this_process(earlier)


def test_of_another_host_nothing_is_known(process: subprocess.Popen) -> None:
    elsewhere = owner_of(process) | {"host": "elsewhere"}
    process.kill()
    process.wait()
    assert not owner.is_dead(elsewhere)


def test_a_process_that_may_not_be_looked_at_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(pid: int) -> float:
        raise psutil.AccessDenied(pid)

    me = owner.this_process()
    monkeypatch.setattr(owner, "start_time", forbidden)
    assert not owner.is_dead(me)


def test_an_owner_of_an_older_version_is_dead() -> None:
    """It noted the start of its process in other units: the trial is run again."""
    old = owner.this_process()
    old["started"] = str(old.pop("since_boot"))
    assert owner.is_dead(old)


def test_a_clock_that_is_set_anew_kills_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's boot time moves with the clock, and with it every process's start since 1970."""
    me, boot = owner.this_process(), psutil.boot_time()
    created = psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: boot + 3600)
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: created(process) + 3600)
    assert not owner.is_dead(me)
