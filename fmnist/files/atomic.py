"""Files that are either complete or absent: they are written under another name, then renamed."""

import json
import os
import re
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from fmnist.errors import CheckpointError, one_line
from fmnist.files.npz import read_archive
from fmnist.files.regular import open_regular
from fmnist.interfaces import Array, State

# Of a process and its machine; of a process, or of none, in earlier versions.
TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)(@(?P<host>.+))?|.+\.[0-9a-f]{32}\.part")
HOUR = 3600.0


def write(path: Path, content: Callable[[IO[bytes]], object]) -> None:
    """Let `content` write the file; `path` is always the complete old or the complete new file."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}@{socket.gethostname()}")
    try:
        with open(temporary, "wb") as file:
            content(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def clear(folder: Path) -> None:
    """Remove the files that killed processes have left half-written.

    Of a process on another machine nothing is known: its file goes when nobody has written to it for an hour.
    """
    for file in folder.iterdir():
        if name := TEMPORARY.fullmatch(file.name):
            with suppress(OSError):  # its process has just finished it
                if is_gone(name["pid"], name["host"]) or time.time() - file.stat().st_mtime > HOUR:
                    file.unlink()


def is_gone(pid: str, host: str | None) -> bool:
    """Whether the process has certainly ended."""
    import psutil

    return host == socket.gethostname() and not psutil.pid_exists(int(pid))


def write_text(path: Path, text: str) -> None:
    write(path, lambda file: file.write(text.encode()))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_npz(path: Path, arrays: Mapping[str, Array]) -> None:
    """An uncompressed npz archive. No pickle: text goes in as an array of characters."""
    write(path, lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]


def read_npz(path: Path, limit: int | None = None) -> State:
    """All arrays of an archive: numbers and text, nothing else.

    Raises:
        CheckpointError: there is no such file, it has more than `limit` bytes, or it is not a whole archive of
            `write_npz`.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if limit is not None and size > limit:
                raise ValueError(f"{size:,} bytes; at most {limit:,} belong to such a run")
            return read_archive(file, size)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such checkpoint") from None
    except Exception as error:  # whatever zipfile and NumPy make of damage
        reason = one_line(error)[:200] or type(error).__name__
        raise CheckpointError(f"{path}: not a whole checkpoint ({reason})") from None
