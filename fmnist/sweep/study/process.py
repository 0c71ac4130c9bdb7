"""Which process it is, on which machine, and whether it has certainly ended."""

import os
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import psutil

SAME = 2.0  # seconds by which two readings of one process's start may differ


def this_process() -> dict[str, Any]:
    """Machine and process id, and the process's start, as ids are used again."""
    return {"host": socket.gethostname(), "machine": machine(), "pid": os.getpid(), "started": start_time(os.getpid())}


def is_dead(process: dict[str, Any]) -> bool:
    """Whether the process has certainly ended. Of one on another machine, or in another container, nothing is known."""
    if process.get("machine") != machine():
        return False
    try:
        now, then = start_time(process["pid"]), process["started"]
    except psutil.AccessDenied:
        return False
    return now is None or abs(now - then) > SAME


@cache
def machine() -> str:
    """What tells apart hosts, containers and boots: their names may be the same, and their process ids are.

    On Linux the id of the boot and of the namespace of process ids; elsewhere host name and time of the boot.
    """
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    return f"{socket.gethostname()} {psutil.boot_time():.0f}"


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
