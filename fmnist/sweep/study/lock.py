"""A study's lock: one process at a time takes trials of it, or decides which owners are dead."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock
from optuna.storages import BaseStorage

from fmnist.files.private import private_folder

POLL = 0.005  # seconds between two tries


@contextmanager
def lock_study(storage: BaseStorage, url: str, study: str) -> Iterator[None]:
    """Exclude the other processes of this host, whatever the storage; with PostgreSQL those of every host.

    Raises:
        FmnistError: the folder of the locks is not this user's alone.
    """
    user = re.sub(r"[^\w.-]", "-", psutil.Process().username())
    folder = private_folder(Path(tempfile.gettempdir()) / f"fmnist-{user}")
    name = hashlib.sha256(f"{url}\n{study}".encode()).hexdigest()[:16]
    with FileLock(folder / f"{name}.lock", poll_interval=POLL):
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
