"""Interleaved rounds: every peer in a process of its own on the same cores; one of them runs at a time."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from statistics import median

import worker
from peers import Unsupported
from results import Result
from same import CHECKED, deviation
from suite import Cell
from worker import Worker

REST = 0.1  # seconds before a window with several threads: the last peer's go on waiting for work at full speed


def measure(
    cells: Sequence[Cell],
    peers: Iterable[str],
    rounds: int,
    say: Callable[[str], None],
    cores: int = 1,
    threads: int = 1,
) -> list[Result]:
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
            say(f"{number}/{len(cells)} {cell}  " + "  ".join(f"{peer} {time:.0f}" for peer, time in row["us"].items()))
    return rows


def prepare(process: Worker, peer: str, cell: Cell, threads: int) -> list[float]:
    """Build a peer and warm it up. Returns its first losses, from which it is told whether it does the same work."""
    process.call(worker.build, peer, cell, threads)
    losses = [] if peer == "matmul" else process.call(worker.losses, CHECKED)
    process.call(worker.warm_up)
    return losses
