"""A storage that may be out of reach for a while: what is asked of it is asked again until it answers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from optuna.storages import BaseStorage

from fmnist.errors import FmnistError
from fmnist.sweep.study.kind import Held, Kind, Lock
from fmnist.terminal.console import warn
from fmnist.terminal.signals import interruptible

FIRST, LONGEST = 0.1, 5.0  # seconds between two tries

WAITS: ContextVar[bool] = ContextVar("WAITS", default=True)  # of this thread
HELD: ContextVar[Held | None] = ContextVar("HELD", default=None)  # the lock that this thread has taken


class Reconnected(FmnistError):
    """The storage was out of reach while something was made, which exists by now or not: look again, under the lock."""


@contextmanager
def without_waiting() -> Iterator[None]:
    """Inside, in this thread, a storage out of reach is an error at once: a training does not wait for its study."""
    token = WAITS.set(False)
    try:
        yield
    finally:
        WAITS.reset(token)


def check_lock() -> None:
    """Raise Reconnected if this thread has taken a lock and lost it: its server was away, or took it for dead."""
    held = HELD.get()
    if held is not None and not held():
        raise Reconnected("the study's lock was lost, with its connection; the same command goes on")


class Reconnect:
    """Asks a storage with growing pauses for as long as it does not answer."""

    def __init__(self, behind: BaseStorage, lock: Lock, kind: Kind, name: str) -> None:
        self.behind, self.lock, self.kind, self.name = behind, lock, kind, name
        self.reconnect = 300.0
        self.generation = 0
        self.lost_at: float | None = None
        self.said = False
        self.one_at_a_time = threading.Lock()

    def ask(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The method's result, as soon as there is one."""
        pause = FIRST
        while True:
            try:
                result = method(*args, **kwargs)
            except Exception as error:
                if not self.kind.is_out_of_reach(error):
                    self.find()  # it has answered
                    raise
                left = self.lose(error)
                if not WAITS.get() or left <= 0:
                    raise
                with interruptible():
                    time.sleep(min(pause, left))
                pause = min(2 * pause, LONGEST)
            else:
                self.find()
                return result

    def lose(self, error: Exception) -> float:
        """The seconds that are left to wait; a line says so when the first one begins to."""
        with self.one_at_a_time:
            self.lost_at = self.lost_at or time.monotonic()
            left = self.lost_at + self.reconnect - time.monotonic()
            if WAITS.get() and left > 0 and not self.said:
                self.said = True
                warn(f"{self.name} does not answer ({self.kind.reason(error)}); trying again for {left:.0f} s")
            return left

    def find(self) -> None:
        """It answers: a line says so, if one said that it did not."""
        if self.lost_at is None:
            return
        with self.one_at_a_time:
            if self.lost_at is None:  # another thread was here before
                return
            self.generation += 1
            if self.said:
                warn(f"{self.name} answers again, after {time.monotonic() - self.lost_at:.1f} s")
            self.lost_at, self.said = None, False

    @contextmanager
    def exclude(self, study: str) -> Iterator[None]:
        """Hold the study's lock. If its server goes away meanwhile it is lost, which `create_new_trial` notices."""
        with ExitStack() as stack:
            token = HELD.set(self.ask(lambda: stack.enter_context(self.lock(study))))
            try:
                yield
            finally:
                HELD.reset(token)
                try:
                    stack.close()
                except Exception as error:
                    if not self.kind.is_out_of_reach(error):
                        raise

    def once(self, method: Callable[..., Any], *args: Any) -> Any:
        """What must not be done twice, nor after the lock under which it was decided is lost.

        Raises:
            Reconnected: the storage was out of reach, and answers again.
        """
        try:
            check_lock()
            with without_waiting():
                return method(*args)
        except Reconnected:
            self.ask(self.behind.get_all_studies)
            raise
        except Exception as error:
            if not WAITS.get() or not self.kind.is_out_of_reach(error):
                raise
            self.lose(error)
            self.ask(self.behind.get_all_studies)
            raise Reconnected(f"{self.name} was out of reach for a while; the same command goes on") from None
