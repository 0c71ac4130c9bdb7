"""A process that holds one peer: `Worker` is this end of it, the functions are called at the other."""

import os
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pkgutil import resolve_name
from types import SimpleNamespace
from typing import Any

from peers import PEERS, Unsupported
from process import pin_cores
from suite import EXAMPLES, STEPS, Cell, order

WINDOW = 0.06  # seconds that a window lasts about

held = SimpleNamespace(peer=None)  # by the process: the peer, its cell, and the steps of a window


class Worker(ProcessPoolExecutor):
    """One process, on so many cores (0: all) from its start on: libraries count them when they are imported."""

    def __init__(self, cores: int = 1) -> None:
        super().__init__(1, get_context("spawn"))
        with pin_cores(cores):
            self.call(silence)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.submit(answer, function, *arguments).result()


def answer(function: Callable[..., Any], *arguments: Any) -> Any:
    """What fails is missing in the results; the other peers go on.

    Raises:
        Unsupported: for whatever reason.
    """
    try:
        return function(*arguments)
    except Unsupported:
        raise
    except Exception as error:
        traceback.print_exc()
        raise Unsupported(" ".join(f"{type(error).__name__}: {error}".split())[:200]) from None


def silence() -> None:
    """Peers print nothing between the results."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def build(name: str, cell: Cell, threads: int) -> None:
    """`threads`: 0 for as many as the library likes."""
    held.peer = None  # the last peer's memory goes first
    held.cell, held.peer = cell, resolve_name(PEERS[name])(cell, threads or None)


def losses(steps: int) -> list[float]:
    return held.peer.losses(order(0, steps, held.cell.batch))


def seconds(steps: int, seed: int) -> float:
    return held.peer.steps(order(seed, steps, held.cell.batch))


def warm_up() -> None:
    """Compile, and choose how many steps a window has."""
    of_step = min(seconds(STEPS, seed) for seed in (1, 2)) / STEPS
    most = EXAMPLES // held.cell.batch // STEPS * STEPS
    held.steps = min(most, max(STEPS, round(WINDOW / of_step / STEPS) * STEPS))
    seconds(held.steps, 3)


def window(seed: int, rest: float) -> float:
    """µs per step, after a rest."""
    time.sleep(rest)
    return 1e6 * seconds(held.steps, seed) / held.steps
