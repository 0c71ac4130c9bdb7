"""Interleaved rounds: every arm in a process of its own on the same cores, one of which runs at a time."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from same import CHECKED, differs
from suite import EXAMPLES, STEPS, Cell
from tools import ROOT, SOURCE, Result

WINDOW = 0.06  # seconds that a window lasts about
REST = 0.1  # seconds before a window with helper threads: the last peer's wait for work at full speed, for a while


class Missing(Exception):
    """A peer has no such optimizer or layer, or it failed."""


class Worker:
    """A process that holds a peer; see worker.py."""

    def __init__(self, arm: str, cores: int, threads: int) -> None:
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed when the worker ends
        script = Path(__file__).with_name("worker.py")
        self.process = subprocess.Popen(
            [sys.executable, script, arm, str(cores), str(threads)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def ask(self, **question: Any) -> Result:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(question), file=self.process.stdin, flush=True)
        if not (line := self.process.stdout.readline()):
            self.log.seek(0)
            raise SystemExit(f"a worker died\n{self.log.read()[-3000:]}")
        answer: Result = json.loads(line)
        if "missing" in answer:
            raise Missing(answer["missing"])
        return answer

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


class Lane:
    """An arm's measurements of one cell: windows of `steps` steps, in rounds."""

    def __init__(self, worker: Worker, batch: int, rest: float) -> None:
        self.worker, self.rest = worker, rest
        self.rounds: list[float] = []
        most = EXAMPLES // batch // STEPS * STEPS
        seconds = min(worker.ask(steps=STEPS, seed=s)["seconds"] for s in (1, 2)) / STEPS
        self.steps = min(most, max(STEPS, round(WINDOW / seconds / STEPS) * STEPS))
        self.worker.ask(steps=self.steps, seed=3)

    def round(self, seed: int) -> None:
        time.sleep(self.rest)
        self.rounds.append(1e6 * self.worker.ask(steps=self.steps, seed=seed)["seconds"] / self.steps)


def measure(
    cells: Sequence[Cell],
    arms: Sequence[str],
    rounds: int,
    say: Callable[[str], None],
    cores: int = 1,
    threads: int = 1,
) -> list[Result]:
    """A row for each cell: µs per step of each arm (median of the rounds), how they were checked, what is missing."""
    rows = []
    with ExitStack() as stack:
        workers = {arm: stack.enter_context(Worker(arm, cores, threads)) for arm in arms}
        for number, cell in enumerate(cells, 1):
            row, lanes = prepare(cell, workers, rest=0 if threads == 1 else REST)
            for i in range(rounds):
                names = list(lanes)
                for name in names[i % len(names) :] + names[: i % len(names)]:  # nobody is always after the same
                    lanes[name].round(10 + i)
            row["us"] = {name: median(lane.rounds) for name, lane in lanes.items()}
            row["spread"] = {name: max(lane.rounds) / min(lane.rounds) - 1 for name, lane in lanes.items()}
            rows.append(row)
            say(f"{number}/{len(cells)} {cell}  " + "  ".join(f"{name} {us:.0f}" for name, us in row["us"].items()))
    return rows


def prepare(cell: Cell, workers: dict[str, Worker], rest: float) -> tuple[Result, dict[str, Lane]]:
    """Build the peers, let them prove that they do the same work as ours, and warm them up."""
    row: Result = {"cell": str(cell), **cell._asdict(), "missing": {}, "deviation": {}}
    lanes = {}
    ours: list[float] = []
    for arm, worker in workers.items():
        try:
            worker.ask(cell=cell)
            if arm != "matmul":
                losses = worker.ask(losses=CHECKED)["losses"]
                ours = ours or losses  # the first arm is ours
                row["deviation"][arm] = differs(cell, arm, ours, losses)
            lanes[arm] = Lane(worker, cell.batch, rest)
        except Missing as reason:
            if arm == "ours":
                raise SystemExit(f"{cell}: {reason}") from None
            row["missing"][arm] = str(reason)
    return row, lanes
