"""Interleaved rounds: every peer in a process of its own on the same cores; one of them runs at a time.

Do the peers do the same work? From the same weights, on the same batches, the losses must be the same.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from statistics import fmean, median

import worker
from peers import Unsupported
from results import Result
from suite import Cell
from worker import Worker

REST = 0.1  # seconds before a window with several threads: the last peer's go on waiting for work at full speed
CHECKED = 64  # steps
FIRST = 8  # of them that must agree one by one: later rounding has grown
TOLERANCE = {"tanh": 1e-4, "relu": 1e-2}  # of each of those; most agree to 1e-6, but rounding may cross ReLU's kink
MEAN_TOLERANCE = 0.2  # of the mean loss of all: it falls alike, whatever rounding, dropout masks and another order do


def measure(cells: Sequence[Cell], peers: Iterable[str], rounds: int, cores: int = 1, threads: int = 1) -> list[Result]:
    """A row for each cell: µs per step of each peer (median of the rounds), how they were checked, what is missing."""
    rows = []
    with ExitStack() as stack:
        workers = {peer: stack.enter_context(Worker(cores)) for peer in peers}
        for number, cell in enumerate(cells, 1):
            row: Result = {"cell": str(cell), **cell._asdict(), "missing": {}, "deviation": {}}
            losses: dict[str, list[float]] = {}
            for peer, process in workers.items():
                try:
                    losses[peer] = prepare(process, peer, cell, threads)
                except Unsupported as reason:
                    if peer == "ours":
                        raise SystemExit(f"{cell}: {reason}") from None
                    row["missing"][peer] = str(reason)
                if losses.get(peer):
                    row["deviation"][peer] = deviation(cell, peer, losses["ours"], losses[peer])
            ready = list(losses)
            us: dict[str, list[float]] = {peer: [] for peer in ready}
            for i in range(rounds):
                first = i % len(ready)
                for peer in ready[first:] + ready[:first]:  # none is always after the same
                    us[peer].append(workers[peer].call(worker.window, 10 + i, 0 if threads == 1 else REST))
            row["us"] = {peer: median(times) for peer, times in us.items()}
            row["spread"] = {peer: max(times) / min(times) - 1 for peer, times in us.items()}
            rows.append(row)
            shown = (f"{peer} {time:.0f}" for peer, time in row["us"].items())
            print(f"{number}/{len(cells)} {cell}", *shown, sep="  ")
    return rows


def prepare(process: Worker, peer: str, cell: Cell, threads: int) -> list[float]:
    """Build a peer and warm it up. Returns its first losses, from which it is told whether it does the same work."""
    process.call(worker.build, peer, cell, threads)
    losses = [] if peer == "matmul" else process.call(worker.losses, CHECKED)
    process.call(worker.warm_up)
    return losses


class Differs(Exception):
    """A peer does other work than ours."""


def deviation(cell: Cell, peer: str, ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest relative deviation from our first losses; that of the mean loss where masks or order are random.

    Raises:
        Differs: it is more than rounding (or chance) explains.
    """
    of_mean = abs(fmean(theirs) / fmean(ours) - 1)
    is_random = cell.extra == "dropout" or len(theirs) != len(ours)
    of_first = 0.0 if is_random else max(abs(b / a - 1) for a, b in zip(ours[:FIRST], theirs, strict=False))
    if not (of_mean <= MEAN_TOLERANCE and of_first <= TOLERANCE[cell.activation]):
        raise Differs(f"{cell}: the losses of {peer} differ from ours by {of_first:.2%}, their mean by {of_mean:.2%}")
    return of_mean if is_random else of_first
