"""A folder for one process alone, also while it is still empty; a file whose lock processes wait for."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fmnist.errors import FmnistError


def lock_folder(folder: Path) -> int:
    """A descriptor of the folder, made if there is none, that no other process can lock until it is closed.

    Raises:
        FmnistError: another process has it.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock), os.stat(folder)):
                    return lock
        except BlockingIOError:
            os.close(lock)
            raise FmnistError(f"{folder}: another process is training in this folder") from None
        os.close(lock)  # it was removed before it was locked: see `remove_empty`


def remove_empty(folder: Path) -> bool:
    """Remove a folder in which nothing is, unless a process is about to train there; was it removed?"""
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.rmdir()
            return True
        finally:
            os.close(lock)
    return False


@contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Inside, no other process has the lock of the file, which is made if there is none; they wait."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
