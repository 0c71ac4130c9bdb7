"""A folder for one process alone, also while it is still empty.

The lock is the file `.lock` in the folder, so nobody can remove a folder that is locked, even if nothing else is in it.
It goes away with the lock; one that a killed process has left behind is not locked and does no harm.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fmnist.errors import FmnistError

POLL = 0.05  # seconds between two tries


@contextmanager
def lock_folder(folder: Path, patience: float = 0) -> Iterator[None]:
    """Make the folder if there is none, and keep other processes from locking it; wait `patience` seconds for them.

    Raises:
        FmnistError: another process has locked it.
    """
    from filelock import FileLock, Timeout

    file, until = folder / ".lock", time.monotonic() + patience
    lock = FileLock(file, blocking=False)
    while not lock.is_locked:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except FileNotFoundError:
            continue  # somebody else has removed the empty folder in between
        except Timeout:
            if time.monotonic() < until:
                time.sleep(POLL)
            elif file.exists():  # otherwise its owner has just removed it
                raise FmnistError(f"{folder}: another process is training in this folder") from None
    try:
        yield
    finally:
        # While it is locked: whoever opened this file before finds it removed, and opens the next one. Windows removes
        # no open file, but filelock does so there.
        with suppress(OSError):
            file.unlink()
        lock.release()
