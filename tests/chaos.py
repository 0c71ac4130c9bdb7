"""Kill what takes part in a sweep, at random moments, and start it again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from options import ROOT, python_path
from postgres import Server as PostgreSQL
from servers import Proxy

# Trials of about half a second, most of it in epochs.
GRID = (
    "-m",
    "dataset=blobs",
    "dataset.examples=8000",
    "objective=val/loss",
    "optimizer=sgd,adam",
    "seed=range(1,7)",
    "study=s",
)
GRID = (*GRID, "model.layers=1", "model.width=16", "trainer.epochs=10", "tracker=none", "callbacks.pictures=null")
TRIALS, EPOCHS = 12, 10
KILLS = 7  # in a round
PATIENCE = 120.0  # seconds in which a round must end when the last kill is over
ENDS = {signal.SIGKILL: (-signal.SIGKILL, 0), signal.SIGTERM: (128 + signal.SIGTERM, -signal.SIGTERM, 0)}  # exit codes


class Member:
    """A sweep or a worker: a process that is started again when it was killed."""

    def __init__(self, command: list[str], cwd: Path, name: str) -> None:
        self.command, self.cwd, self.name = command, cwd, name
        self.said: list[Path] = []
        self.ended: list[str] = []  # how, where that was not asked for
        self.start()

    def start(self) -> None:
        self.said.append(self.cwd / f"{self.name}-{len(self.said)}.out")
        env = {**os.environ, "PYTHONPATH": python_path(ROOT), "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        with open(self.said[-1], "w") as out, open(self.said[-1].with_suffix(".err"), "w") as err:
            self.process = subprocess.Popen(self.command, cwd=self.cwd, env=env, stdout=out, stderr=err)

    @property
    def is_done(self) -> bool:
        return self.process.poll() == 0

    @property
    def takes_part(self) -> bool:
        return self.process.poll() is None and "sweep s: " in self.said[-1].read_text()

    def children(self) -> list[int]:
        """Its worker processes, by Linux's list of children."""
        pid = self.process.pid
        with suppress(FileNotFoundError, ProcessLookupError):
            listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return [int(child) for child in listed if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
        return []

    def kill(self, number: signal.Signals) -> None:
        """End it and start it again, if it has not ended by itself."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            code = self.process.wait(PATIENCE)
            if code not in ENDS[number]:
                self.ended.append(f"{number.name}: exit code {code}: {self.errors()}")
        if not self.is_done:
            self.start()

    def look(self) -> None:
        """Note an end that nobody asked for. A storage that is away when a member begins is one."""
        if self.process.poll() not in (None, 0):
            if not (self.process.returncode == 2 and "the same command goes on when it does" in self.errors()):
                self.ended.append(f"exit code {self.process.returncode}: {self.errors()}")
            self.start()

    def errors(self) -> str:
        return self.said[-1].with_suffix(".err").read_text()


class Chaos:
    """A round: members, servers, and a seeded row of kills. A context; nothing outlives it."""

    def __init__(self, cwd: Path, seed: int, storage: str | None, servers: list[PostgreSQL | Proxy]) -> None:
        self.dice, self.servers, self.started = random.Random(seed), servers, time.monotonic()
        self.folder, self.kills = cwd / "multirun" / "s", []
        url = storage or str(self.folder / "study.journal")
        words = ["hydra.sweeper.lease=3", "hydra.sweeper.retries=100", f"hydra.sweeper.n_jobs={1 if storage else 2}"]
        words += [f"hydra.sweeper.storage={storage}"] if storage else []
        sweep = [sys.executable, str(ROOT / "train.py"), *GRID, *words]
        worker = [sys.executable, "-m", "fmnist", "worker", "--storage", url, "--study", "s"]
        self.sweep = Member(sweep, cwd, "sweep")
        self.members = [self.sweep]
        self.wait(lambda: "sweep s: " in self.sweep.said[-1].read_text())
        self.members += [Member(worker, cwd, f"worker{n}") for n in range(2 if storage else 1)]

    def __enter__(self) -> "Chaos":
        return self

    def __exit__(self, *_: object) -> None:
        for member in self.members:
            member.process.kill()
            member.process.wait()

    def run(self) -> None:
        """Kill for as long as there are trials, and let it end."""
        for _ in range(KILLS):
            self.wait(lambda: any(member.takes_part or member.is_done for member in self.members))
            pause = time.monotonic() + self.dice.uniform(0, 1.5)
            self.wait(lambda pause=pause: time.monotonic() > pause)
            if any(member.is_done for member in self.members):
                break
            self.kill()
        self.wait(lambda: all(member.is_done for member in self.members))

    def wait(self, until: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < limit, "\n".join(self.story())
            for member in self.members:
                member.look()
            time.sleep(0.02)

    def kill(self) -> None:
        """One of: a worker process, a member, a member by SIGTERM, a server."""
        kinds: list[Callable[[], str]] = [self.kill_child, self.kill_child, self.kill_member, self.end_member]
        kinds += [self.restart_server] * 2 * bool(self.servers)
        self.kills.append(f"{time.monotonic() - self.started:.1f} s {self.dice.choice(kinds)()}")

    def choose(self) -> Member:
        """One that takes part, or, sometimes, one that is just starting."""
        return self.dice.choice([member for member in self.members if member.takes_part] * 3 + self.members)

    def kill_child(self) -> str:
        member = self.choose()
        children = member.children()
        if not children:
            return self.kill_member()
        with suppress(ProcessLookupError):
            os.kill(self.dice.choice(children), signal.SIGKILL)
        return f"child of {member.name}"

    def kill_member(self) -> str:
        member = self.choose()
        member.kill(signal.SIGKILL)
        return member.name

    def end_member(self) -> str:
        member = self.choose()
        member.kill(signal.SIGTERM)
        return f"SIGTERM of {member.name}"

    def restart_server(self) -> str:
        server = self.dice.choice(self.servers)
        server.kill()
        time.sleep(self.dice.uniform(0, 1))
        server.start()
        return type(server).__name__

    def story(self) -> Iterator[str]:
        yield f"kills: {', '.join(self.kills)}; all in {time.monotonic() - self.started:.1f} s"
        for member in self.members:
            for said in member.said:
                yield f"--- {said.name}\n{said.read_text()}{said.with_suffix('.err').read_text()}"


def rows(run: Path) -> list[dict[str, Any]]:
    """The epochs of a run, without how long they took."""
    read = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if "second" not in key} for row in read]
