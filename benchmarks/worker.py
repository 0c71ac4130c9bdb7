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

from arms import ARMS
from cores import pin
from peers import Unsupported


class Worker:
    """Imports its peer, and NumPy with it, when it is asked for the first time: then the cores are chosen."""

    peer: Any = None

    def __init__(self, arm: str, threads: int) -> None:
        self.arm, self.threads = arm, threads or None

    def answer(self, ask: dict[str, Any]) -> dict[str, Any]:
        from suite import Cell, order

        if "cell" in ask:
            hidden, *rest = ask["cell"]
            self.peer, self.cell = None, Cell(tuple(hidden), *rest)  # the last peer's memory goes first
            module, _, name = ARMS[self.arm].partition(":")
            self.peer = getattr(import_module(module), name)(self.cell, self.threads)
            return {"built": True}
        if "losses" in ask:
            return {"losses": self.peer.losses(order(0, ask["losses"], self.cell.batch))}
        return {"seconds": self.peer.steps(order(ask["seed"], ask["steps"], self.cell.batch))}


def main() -> None:
    arm, cores, threads = sys.argv[1:]
    pin(int(cores))
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what peers print is not for the pipe
    worker = Worker(arm, int(threads))
    for line in sys.stdin:
        try:
            reply = worker.answer(json.loads(line))
        except Unsupported as error:
            reply = {"missing": str(error)}
        except Exception as error:  # the others go on; what is missing stands in the results
            traceback.print_exc()
            reply = {"missing": " ".join(f"{type(error).__name__}: {error}".split())[:200]}
        print(json.dumps(reply), file=replies)


if __name__ == "__main__":
    main()
