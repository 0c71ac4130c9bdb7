"""The process that runs a trial. A sweep that was killed leaves trials RUNNING: their owner no longer exists."""

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from fmnist.terminal.signals import SIGNALS

SAME = 2.0  # seconds by which two readings of one process's start may differ


def this_process() -> dict[str, Any]:
    """Host, process id, and start time, as process ids are used again."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "since_boot": start_time(os.getpid())}


def is_dead(owner: dict[str, Any]) -> bool:
    """Whether the process has certainly ended. Of a process on another host nothing is known."""
    if owner["host"] != socket.gethostname():
        return False
    try:
        now, then = start_time(owner["pid"]), owner.get("since_boot")
    except psutil.AccessDenied:
        return False
    return now is None or then is None or abs(now - then) > SAME


def is_this_process(owner: dict[str, Any]) -> bool:
    return owner["pid"] == os.getpid() and owner["host"] == socket.gethostname() and not is_dead(owner)


def start_time(pid: int) -> float | None:
    """Seconds between the system's boot and the start of a process; None if there is no such process.

    Since boot, and not since 1970, because a clock that is set anew must not make a running process look like another.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return round(process.create_time() - psutil.boot_time(), 2)
    except psutil.NoSuchProcess:
        return None


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C and other signals take effect at the end: a trial is either not taken, or taken and marked as ours.

    They are handled late, for a mask holds for one thread: the signal would go to another, and still interrupt.
    """
    if threading.current_thread() is not threading.main_thread():  # the others are never interrupted
        yield
        return
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *SIGNALS)}
    held = [number for number, handler in before.items() if callable(handler)]  # one that is ignored stays so
    for number in held:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number in held:
            signal.signal(number, before[number])
        if received:
            signal.raise_signal(received[0])
