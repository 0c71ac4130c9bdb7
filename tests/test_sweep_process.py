"""Which process runs a trial, and whether it still exists."""

import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from fmnist.sweep.study import process as processes
from options import ROOT, python_path

UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"]  # process ids of its own, as in a container
NAMESPACES = subprocess.run([*UNSHARE, "true"], check=False, capture_output=True).returncode == 0


@pytest.fixture
def process():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def owner_of(process: subprocess.Popen) -> dict:
    return processes.this_process() | {"pid": process.pid, "started": processes.start_time(process.pid)}


def test_this_process_is_alive() -> None:
    assert not processes.is_dead(processes.this_process())


def test_another_process_is_alive_until_it_ends(process: subprocess.Popen) -> None:
    other = owner_of(process)
    assert not processes.is_dead(other)
    process.kill()
    until = time.monotonic() + 30
    while not processes.is_dead(other):  # also as a zombie, for nobody has waited for it yet
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_process_id_that_is_used_again_is_another_process() -> None:
    me = processes.this_process()
    earlier = me | {"started": me["started"] - 60}
    assert processes.is_dead(earlier)


def test_a_process_that_may_not_be_looked_at_is_not_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(pid: int) -> float:
        raise psutil.AccessDenied(pid)

    me = processes.this_process()
    monkeypatch.setattr(processes, "start_time", forbidden)
    assert not processes.is_dead(me)


def test_of_an_owner_of_an_older_version_nothing_is_known() -> None:
    """It did not note its machine: its lease, which nobody renews, expires."""
    assert not processes.is_dead({"host": socket.gethostname(), "pid": 2**22 + 1, "since_boot": 1.0})


def test_a_machine_with_the_same_name_is_another(process: subprocess.Popen) -> None:
    """A clone, or a container with process ids of its own."""
    cloned = owner_of(process) | {"machine": "another boot"}
    process.kill()
    process.wait()
    assert not processes.is_dead(cloned)


@pytest.mark.skipif(not NAMESPACES, reason="this machine lets nobody unshare process ids")
def test_containers_on_one_host_are_different_machines() -> None:
    code = "from fmnist.sweep.study.process import machine; print(machine())"
    env = os.environ | {"PYTHONPATH": python_path(ROOT)}
    there = subprocess.check_output([*UNSHARE, sys.executable, "-c", code], env=env, text=True)
    assert there.strip() != processes.machine()


def test_a_clock_that_is_set_anew_kills_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's boot time moves with the clock, and with it every process's start since 1970."""
    me, boot = processes.this_process(), psutil.boot_time()
    created = psutil.Process.create_time
    monkeypatch.setattr(psutil, "boot_time", lambda: boot + 3600)
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: created(process) + 3600)
    assert not processes.is_dead(me)
