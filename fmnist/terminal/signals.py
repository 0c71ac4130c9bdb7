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
def signals_interrupt() -> Iterator[None]:
    """Inside, the first of the signals raises `Terminated` and the others are ignored, as the program is ending.

    A signal that is ignored (nohup) or that somebody else handles stays as it is. Only the main thread can do this.
    """
    ours = []
    if threading.current_thread() is threading.main_thread():
        ours = [number for number in SIGNALS if signal.getsignal(number) == signal.SIG_DFL]
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
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
