"""Who runs a trial, and is he still alive? A killed sweep leaves trials RUNNING for ever: they are found here."""

import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import optuna


def me() -> dict[str, Any]:
    """This process: host, process id, and start time, for process ids come round again."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": started(os.getpid())}


def is_dead(owner: dict[str, Any]) -> bool:
    """Certainly gone. Of another host nobody here can say so."""
    return owner["host"] == socket.gethostname() and started(owner["pid"]) != owner["started"]


def started(pid: int) -> str:
    """When a process started, in the system's own words; empty when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()  # the name before may hold blanks
        return "" if fields[0] == "Z" else fields[19]  # clock ticks since boot
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    except ProcessLookupError:
        return ""
    asked = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until the end of this: a trial is either not taken, or taken and signed."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def alone(storage: "optuna.storages.BaseStorage", url: str, study: str) -> Iterator[None]:
    """While inside, no other process takes a trial of the study or judges its owners.

    None of this host, whatever the storage; with PostgreSQL none of any host.
    """
    name = hashlib.sha256(f"{url}\n{study}".encode()).hexdigest()[:16]
    with open(Path(tempfile.gettempdir()) / f"fmnist-{os.getuid()}-{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        engine = getattr(storage, "engine", None)
        if engine is None or engine.dialect.name != "postgresql":
            yield
            return
        from sqlalchemy import text

        # The machines may write the URL differently: the lock is the database's own, under the study's name.
        key = int.from_bytes(hashlib.sha256(study.encode()).digest()[:8], signed=True)
        with engine.begin() as connection:  # ends with the transaction, also when this process is killed
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield
