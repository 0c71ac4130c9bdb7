"""A study's lock: one process at a time takes trials of it, or decides which owners are dead."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from optuna.storages import BaseStorage

from fmnist.files.private import private_folder
from fmnist.sweep.study.file_lock import lock_file
from fmnist.sweep.study.reconnecting_storage import ReconnectingStorage


@contextmanager
def lock_study(storage: BaseStorage, url: str, study: str) -> Iterator[None]:
    """Exclude the other processes of this host by a file, and those of other hosts by the storage's own lock.

    Raises:
        FmnistError: the folder of the locks is not this user's alone.
    """
    user = re.sub(r"[^\w.-]", "-", psutil.Process().username())
    folder = private_folder(Path(tempfile.gettempdir()) / f"fmnist-{user}")
    name = hashlib.sha256(f"{url}\n{study}".encode()).hexdigest()[:16]
    with lock_file(folder / f"{name}.lock"):
        if isinstance(storage, ReconnectingStorage):
            with storage.exclude(study):
                yield
        else:
            yield
