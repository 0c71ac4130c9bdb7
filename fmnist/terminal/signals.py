"""SIGTERM and SIGHUP end the program as Ctrl-C does: a batch system, or a terminal that is closed, loses no epoch."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from fmnist.errors import Terminated

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
Handler = Callable[[int, FrameType | None], object]
SIGNALS = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


@contextmanager
def signals_interrupt(*, always: bool = False) -> Iterator[None]:
    """Inside, the first of the signals raises `Terminated` and the others are ignored, as the program is ending.

    A signal that is ignored (nohup) or that somebody else handles stays as it is, unless `always`. Only the main
    thread can do this.
    """
    ours = {}
    if threading.current_thread() is threading.main_thread():
        ours = {number: handler for number in SIGNALS if (handler := signal.getsignal(number)) is not None}
        if not always:
            ours = {number: handler for number, handler in ours.items() if handler == signal.SIG_DFL}
    ending = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal ending
        if not ending:
            ending = True
            raise Terminated(signal.Signals(number).name, number)

    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


HELD: dict[int, Handler] = {}  # inside `uninterrupted`: the handlers of the signals that are held back
RECEIVED: list[int] = []  # those that came meanwhile
WAITS: list[bool] = []  # not empty inside `interruptible`


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C and the signals take effect at the end, or inside `interruptible`: what lies between is done whole.

    They are handled late, for a mask holds for one thread: the signal would go to another, and still interrupt. Only
    the main thread is ever interrupted.
    """
    if threading.current_thread() is not threading.main_thread() or HELD:
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *SIGNALS)}
    HELD.update({number: handler for number, handler in before.items() if callable(handler)})  # an ignored one stays so
    try:
        for number in HELD:
            signal.signal(number, hold_back)
        yield
    finally:
        for number, handler in HELD.items():
            signal.signal(number, handler)
        HELD.clear()
        received = RECEIVED[:1]
        RECEIVED.clear()
        if received:
            signal.raise_signal(received[0])


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside `uninterrupted`, where a process waits: Ctrl-C and the signals take effect at once."""
    if threading.current_thread() is not threading.main_thread() or not HELD:
        yield
        return
    WAITS.append(True)
    try:
        if RECEIVED:
            hold_back(RECEIVED.pop(0), None)
        yield
    finally:
        WAITS.clear()


def hold_back(number: int, frame: FrameType | None) -> None:
    if WAITS:
        HELD[number](number, frame)
    else:
        RECEIVED.append(number)
