"""Folders that nobody else can put anything into: what is found there is the user's own."""

import os
import stat
import sys
from pathlib import Path

from fmnist.errors import FmnistError


def private_folder(folder: Path) -> Path:
    """The folder, made if there is none, for this user alone (mode 0700). Windows: its users' folders are so anyway.

    Raises:
        FmnistError: it is a link, another user's, or others could have written into it.
        OSError: it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise FmnistError(f"{folder} is not used: it is not a folder; remove it") from None
    if sys.platform == "win32":
        return folder
    status = os.lstat(folder)
    if stat.S_ISLNK(status.st_mode):
        raise FmnistError(f"{folder} is not used: it is a link; remove it")
    if status.st_uid != os.geteuid():
        raise FmnistError(f"{folder} is not used: it belongs to another user (number {status.st_uid})")
    if status.st_mode & 0o022:
        raise FmnistError(f"{folder} is not used: others can write there; remove it, or empty it and chmod 700 it")
    if status.st_mode & 0o077:  # made by an older version: nobody could write there, now nobody can read
        folder.chmod(0o700)
    return folder
