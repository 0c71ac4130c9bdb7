"""A study's journal: Optuna's file of records, one a line, which a torn end makes no worse.

A process that is killed while it writes, a full disk and a power cut leave a last line that is not whole, or NUL bytes.
It was never acknowledged: readers ignore it, and whoever writes next cuts it off. Damage further up is refused.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileSymlinkLock

from fmnist.errors import DamagedFile
from fmnist.sweep.study.file_lock import lock_file
from fmnist.sweep.study.kind import Held, Kind, Lock
from fmnist.terminal.console import warn

GRACE_PERIOD = 10  # seconds, after which the lock is taken from another program that was killed while it wrote
BLOCK = 4096  # bytes in which the last line is looked for


class JournalFile(BaseJournalBackend):
    """Records in a file, which is made with the first one. Optuna's own tools read and write it, under the same lock.

    Raises:
        DamagedFile: a line that is not the last one is no record.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.writer = f"{path}.writer"
        self.lock = JournalFileSymlinkLock(path, grace_period=GRACE_PERIOD)
        self.lock._lock_target_file = Path(self.writer).name  # a link to it is a lock of ours
        self.next = 0, 0  # the number of the first record that was not read yet, and the byte where it begins

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        number, offset = self.next if self.next[0] <= log_number_from else (0, 0)
        with open(self.path, "rb") as file:
            file.seek(offset)
            for line in file:
                entry = record(line)
                if entry is None:
                    if may_be_torn(line, number) and not file.readline():
                        return
                    break
                number, offset = number + 1, offset + len(line)
                self.next = number, offset
                if number > log_number_from:
                    yield entry
            else:
                return
        # Damage, or the file was read while another process cut off its end and wrote on.
        with self.no_writers():
            whole_length(self.path)
        yield from self.read_logs(max(number, log_number_from))

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        data = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        with self.no_writers(), open(self.path, "a+b", buffering=0) as file:
            if not ends_whole(file):
                self.cut_end()
            end = file.seek(0, os.SEEK_END)
            try:
                while data:
                    data = data[file.write(data) :]
            except BaseException:  # no room: no half record either
                with suppress(OSError):
                    file.truncate(end)
                raise
            os.fsync(file.fileno())

    @contextmanager
    def no_writers(self) -> Iterator[None]:
        """Under the journal's lock, except where nobody can write anyway.

        Optuna's is a symbolic link, which outlives a process that is killed while it writes: everybody waits for ten
        seconds then, and leases expire. So whoever takes it here has locked the file that the link leads to before,
        which the system gives back. If the link is there all the same, its process has died.
        """
        if not os.access(self.path.parent, os.W_OK):
            yield
            return
        with lock_file(self.writer):
            with suppress(OSError):
                if os.readlink(self.lock._lock_file) == self.lock._lock_target_file:
                    os.unlink(self.lock._lock_file)
            self.lock.acquire()
            try:
                yield
            finally:
                with suppress(RuntimeError):  # this process was stopped for so long that another has taken the lock
                    self.lock.release()

    def cut_end(self) -> None:
        """Cut off what stands behind the last record; the file as it was is kept beside it."""
        whole = whole_length(self.path)
        names = (self.path.with_name(f"{self.path.name}.torn{n or ''}") for n in count())
        kept = next(name for name in names if not name.exists())
        try:
            shutil.copyfile(self.path, kept)
        except OSError:
            kept.unlink(missing_ok=True)
            raise
        os.truncate(self.path, whole)
        warn(f"{shown(self.path)}: the end, which is no whole record, is cut off; the file as it was is {kept.name}")


def shown(path: Path) -> Path:
    """As a user in this folder types it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def record(line: bytes) -> dict[str, Any] | None:
    """What stands on a line; None if that is no record of Optuna's."""
    try:
        entry = json.loads(line.decode()) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) and entry.keys() >= {"op_code", "worker_id"} else None


def may_be_torn(line: bytes, number: int) -> bool:
    """Whether a last line can be what was left of a record; a whole first line is another kind of file."""
    return number > 0 or not line.endswith(b"\n")


def whole_length(path: Path) -> int:
    """The bytes of a journal without a torn end.

    Raises:
        DamagedFile: a line that is not the last one is no record.
    """
    length = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file):
            if record(line) is None:
                if may_be_torn(line, number) and not file.readline():
                    break
                reason = f"line {number + 1} is no record of a study; delete this line (what it said is lost) or begin "
                raise DamagedFile(shown(path), reason + "another study=")
            length += len(line)
    return length


def ends_whole(file: IO[bytes]) -> bool:
    """Whether the last line is a record, or there is none."""
    end, size = file.seek(0, os.SEEK_END), BLOCK
    while True:
        start = file.seek(max(0, end - size))
        tail = file.read(end - start)
        before, newline, _ = tail[:-1].rpartition(b"\n")
        if newline or start == 0:
            return not tail or record(tail[len(before) + len(newline) :]) is not None
        size *= 4


def open_journal(url: str) -> tuple[BaseStorage, Lock]:
    @contextmanager
    def lock(study: str) -> Iterator[Held]:
        """A file beside the journal, for machines that share the folder."""
        with lock_file(f"{url}.queue"):
            yield lambda: True

    return JournalStorage(JournalFile(url)), lock


def never(error: BaseException) -> bool:
    return False


JOURNAL = Kind(open_journal, never, never)
