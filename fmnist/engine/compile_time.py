"""How long this process has waited for kernels, to be compiled or loaded: no part of a training's own time."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

spent = [0.0]


def compile_seconds() -> float:
    """Since the process began; what counts is the difference of two calls."""
    return spent[0]


@contextmanager
def compiling() -> Iterator[None]:
    """The block makes or loads kernels."""
    start = perf_counter()
    try:
        yield
    finally:
        spent[0] += perf_counter() - start
