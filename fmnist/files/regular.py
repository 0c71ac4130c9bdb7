"""Files that may be anybody's: only regular ones are opened, since a pipe would wait forever and a device never end."""

import errno
import os
import stat
from pathlib import Path
from typing import IO

NO_WAITING = getattr(os, "O_NONBLOCK", 0)  # for the writer of a pipe; Windows has no pipes among its files


def open_regular(path: Path, flags: int = 0) -> IO[bytes]:
    """The open file; `flags` as in `os.open`.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    file = open(path, "rb", opener=lambda name, mode: os.open(name, mode | NO_WAITING | flags))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def read_regular(path: Path, limit: int) -> bytes:
    """All of a file.

    Raises:
        OSError: it cannot be read, is not a regular file, or has more than `limit` bytes.
    """
    with open_regular(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"larger than {limit:,} bytes", str(path))
    return content
