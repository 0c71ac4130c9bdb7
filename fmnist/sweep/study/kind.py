"""What differs between kinds of storage: how one is opened, what locks it, and what its errors mean."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from optuna.storages import BaseStorage

from fmnist.errors import one_line

Held = Callable[[], bool]  # is a lock that was taken held still?
Lock = Callable[[str], AbstractContextManager[Held]]  # of a study, for the processes of all machines


class Kind(NamedTuple):
    """Of storage. reason: an error in the words of the driver."""

    open: Callable[[str], tuple[BaseStorage, Lock]]
    is_error: Callable[[BaseException], bool]  # of the storage, not of the program
    is_out_of_reach: Callable[[BaseException], bool]  # an error that passes by itself
    reason: Callable[[BaseException], str] = one_line


def no_lock(study: str) -> AbstractContextManager[Held]:
    """Of a file: its processes are of one machine, and exclude each other anyway."""
    return nullcontext(lambda: True)
