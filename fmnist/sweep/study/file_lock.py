"""A lock by a file, which the system gives back when its process ends, however that happens."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fmnist.terminal.signals import interruptible

POLL = 0.005  # seconds between two tries


@contextmanager
def lock_file(path: Path | str) -> Iterator[None]:
    """The file stays, as another process may be waiting for it.

    Inside `uninterrupted` Ctrl-C ends the waiting alone. In FileLock's own it could come when the lock is just taken:
    who then gives back what is held here, and wants the lock for that, finds it held.
    """
    lock = FileLock(path, blocking=False)
    while not lock.is_locked:
        try:
            lock.acquire()
        except Timeout:
            with interruptible():
                time.sleep(POLL)
    try:
        yield
    finally:
        lock.release()
