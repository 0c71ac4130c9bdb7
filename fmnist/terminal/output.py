"""Standard output that may fail: `| head` has read enough, the terminal is closed, the disk of a log file is full."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TextIO

BROKEN_PIPE = 141  # the exit code of `cat` and others: 128 + SIGPIPE


class Output:
    """A stream. If it fails, the program ends quietly, or goes on without it where it is not `needed`."""

    needed: ClassVar[bool] = True

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        try:
            return self.stream.write(text)
        except OSError as error:
            self.fail(error)
            return len(text)

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            self.fail(error)

    def fail(self, error: OSError) -> None:
        # What waits to be written goes nowhere, or Python would try once more at its end, and complain.
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), self.stream.fileno())
        if self.needed:
            raise SystemExit(BROKEN_PIPE) if isinstance(error, BrokenPipeError) else error


@contextmanager
def output_ends_quietly() -> Iterator[None]:
    """Inside, a command whose reader has gone away ends with the exit code of other tools."""
    for number in range(3):
        reopen(number)
    if sys.stdout is None:  # closed
        yield
        return
    before = sys.stdout
    output = Output(before)
    sys.stdout = output
    try:
        yield
    finally:
        try:
            output.flush()
        finally:
            sys.stdout = before


@contextmanager
def output_is_optional() -> Iterator[None]:
    """Inside, work goes on when nobody can read what it prints: a training must not end for that."""
    before, Output.needed = Output.needed, False
    try:
        yield
    finally:
        if sys.stdout is not None:
            sys.stdout.flush()
        Output.needed = before


def reopen(number: int) -> None:
    """A standard stream that is closed leads nowhere, or the next file that is opened would take its number."""
    try:
        os.fstat(number)
    except OSError:
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            os.dup2(nowhere, number)
            os.close(nowhere)
