"""SIGTERM and SIGHUP end the program as Ctrl-C does: a batch system, or a terminal that is closed, loses no epoch."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from fmnist.errors import Terminated

NAMES = ("SIGTERM", "SIGHUP")  # Windows has no SIGHUP
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


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C and the signals take effect at the end: what is done inside is done whole, or not begun.

    They are handled late, for a mask holds for one thread: the signal would go to another, and still interrupt.
    """
    if threading.current_thread() is not threading.main_thread():  # the others are never interrupted
        yield
        return
    received: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *SIGNALS)}
    held = [number for number, handler in before.items() if callable(handler)]  # one that is ignored stays so
    for number in held:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number in held:
            signal.signal(number, before[number])
        if received:
            signal.raise_signal(received[0])
