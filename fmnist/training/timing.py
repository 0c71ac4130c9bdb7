"""Where the seconds of a run go."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from fmnist.engine.compile_time import compile_seconds


class Timer:
    """Seconds since it began, without those in which kernels were compiled or loaded."""

    def __init__(self) -> None:
        self.start, self.compiled = perf_counter(), compile_seconds()

    def seconds(self) -> float:
        return perf_counter() - self.start - (compile_seconds() - self.compiled)


class Timing:
    """writing: of all callbacks, to files and trackers.  evaluation: on validation and test data.  compiling: kernels.

    The training's own seconds are in its history. What was spent before a resume may be added by `go_on`.
    """

    def __init__(self) -> None:
        self.writing = self.evaluation = self.before = 0.0
        self.compiled = compile_seconds()

    @property
    def compiling(self) -> float:
        return self.before + compile_seconds() - self.compiled

    def go_on(self, stored: object) -> None:
        """From a summary's `timing`, if it has the seconds."""
        if isinstance(stored, dict) and all(isinstance(seconds, int | float) for seconds in stored.values()):
            self.writing, self.evaluation = stored.get("writing", 0.0), stored.get("evaluation", 0.0)
            self.before = stored.get("compiling", 0.0)

    @contextmanager
    def write(self) -> Iterator[None]:
        timer = Timer()
        try:
            yield
        finally:
            self.writing += timer.seconds()

    @contextmanager
    def evaluate(self) -> Iterator[None]:
        timer = Timer()
        try:
            yield
        finally:
            self.evaluation += timer.seconds()
