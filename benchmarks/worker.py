"""python benchmarks/worker.py ARM CORES THREADS: a process that holds one peer and does what its standard input says.

A line of JSON in, a line of JSON out: {"cell": […]} builds, {"steps": n, "seed": s} times, {"losses": n} checks.
CORES and THREADS are numbers, or 0 for all cores and for as many threads as the library likes.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from typing import Any

ARM, CORES, THREADS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if CORES and hasattr(os, "sched_setaffinity"):  # before any library counts the cores
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-CORES:])

from arms import ARMS
from peers import Unsupported
from suite import Cell, order


class Worker:
    peer: Any = None
    cell: Cell

    def answer(self, ask: dict[str, Any]) -> dict[str, Any]:
        if "cell" in ask:
            hidden, *rest = ask["cell"]
            self.peer, self.cell = None, Cell(tuple(hidden), *rest)  # the last peer's memory goes first
            module, _, name = ARMS[ARM].partition(":")
            self.peer = getattr(import_module(module), name)(self.cell, THREADS or None)
            return {"built": True}
        if "losses" in ask:
            return {"losses": self.peer.losses(order(0, ask["losses"], self.cell.batch, 60000))}
        return {"seconds": self.peer.steps(order(ask["seed"], ask["steps"], self.cell.batch, 60000))}


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what peers print is not for the pipe
    worker = Worker()
    for line in sys.stdin:
        try:
            reply = worker.answer(json.loads(line))
        except Unsupported as error:
            reply = {"unsupported": str(error)}
        except Exception as error:
            traceback.print_exc()
            reply = {"unsupported": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        print(json.dumps(reply), file=replies)


if __name__ == "__main__":
    main()
