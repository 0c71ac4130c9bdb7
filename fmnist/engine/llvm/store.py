"""The files of kernels: machine code that this process will run.

So the folder is the user's alone, and a file begins with the SHA-256 of its key and its code: what is damaged, or was
put there by anybody else, is compiled again and replaced.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from fmnist.errors import FmnistError
from fmnist.files import atomic
from fmnist.files.cache import cache_root
from fmnist.files.private import private_folder
from fmnist.files.regular import open_regular
from fmnist.terminal.console import echo

NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


def folder() -> Path | None:
    """Where kernels are kept; None if it cannot be made, or is not for this user alone."""
    home = cache_root() / "kernels"
    try:
        private_folder(home)
        clear_once(home)
        return home
    except FmnistError as error:
        say_once(str(error))
    except OSError as error:
        say_once(f"{home} cannot be used ({error.strerror})")
    return None


@cache
def clear_once(home: Path) -> None:
    """What processes that were killed have left half-written."""
    atomic.clear(home)


@cache
def say_once(reason: str) -> None:
    echo(f"{reason}; each process compiles its kernels anew")


def seal(key: str, code: bytes) -> bytes:
    return sha256(key.encode() + code).digest()


def read(file: Path, key: str) -> bytes | None:
    """The machine code of the key; None if there is no whole file of this user's."""
    try:
        with open_regular(file, NO_LINKS) as opened:
            if sys.platform != "win32" and os.fstat(opened.fileno()).st_uid != os.geteuid():
                return None
            content = opened.read()
    except OSError:
        return None
    mark, code = content[:32], content[32:]
    return code if mark == seal(key, code) else None


def write(file: Path, key: str, code: bytes) -> None:
    with suppress(OSError):  # a cache that cannot be written is none
        atomic.write(file, lambda out: out.write(seal(key, code) + code))


@contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Between processes; without a cache that can be written, each is on its own."""
    beside = file.with_suffix(".lock")
    lock = FileLock(beside)
    try:
        lock.acquire()
    except (OSError, NotImplementedError):  # the latter: a file system without locks
        yield
        return
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            beside.unlink(missing_ok=True)
