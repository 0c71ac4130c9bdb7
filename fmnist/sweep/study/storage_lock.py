"""A lock of a study that needs nothing but the storage: another study, NAME.lock, which exists while it is held.

A name is given to one study alone, by whatever storage. The holder counts up an attribute there. One that does not move
for ten seconds, by the waiting process's own clock, belongs to a process that has died: the study is deleted by its
number, which no later lock has.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from optuna.exceptions import DuplicatedStudyError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection

from fmnist.sweep.study.kind import Held, Lock
from fmnist.terminal.signals import interruptible

BEAT = 2.0  # seconds between two signs of life
LOST = 10.0  # seconds without one
GAP = 1.0  # seconds between two looks, behind which the watch begins anew: this process was stopped meanwhile
POLL = 0.02  # seconds between two looks, on average
COUNT = "count"  # user attribute of the lock


@contextmanager
def every_beat(sign: Callable[[], object]) -> Iterator[None]:
    """Give a sign of life now and then. One that does not arrive matters only if none does."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT):
            with suppress(Exception):
                sign()

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        stop.set()


def study_lock(storage: BaseStorage) -> Lock:
    @contextmanager
    def lock(study: str) -> Iterator[Held]:
        name = f"{study}.lock"
        ours = acquire(storage, name)
        numbers = iter(range(1, 10**9))

        def held() -> bool:
            try:
                return storage.get_study_id_from_name(name) == ours
            except Exception:  # it was broken, or the storage is out of reach
                return False

        try:
            with every_beat(lambda: storage.set_study_user_attr(ours, COUNT, next(numbers))):
                yield held
        finally:
            with suppress(KeyError):  # it was broken
                storage.delete_study(ours)

    return lock


def acquire(storage: BaseStorage, name: str) -> int:
    """The number of the study that is the lock, made by this call."""
    seen: tuple[int, int | None] | None = None
    changed = looked = 0.0
    while True:
        with suppress(DuplicatedStudyError, KeyError):  # another process was faster, to take it or to give it back
            try:
                holder = storage.get_study_id_from_name(name)
            except KeyError:
                return storage.create_new_study([StudyDirection.MINIMIZE], name)
            sign = holder, storage.get_study_user_attrs(holder).get(COUNT)
            now = time.monotonic()
            if sign != seen or now - looked > GAP:
                seen, changed = sign, now
            elif now - changed > LOST:
                storage.delete_study(holder)
            looked = now
        with interruptible():
            time.sleep(random.uniform(0.5, 1.5) * POLL)
