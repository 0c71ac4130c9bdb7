"""What a person sees while a sweep runs: at a terminal one living table, elsewhere a line for each trial that ends."""

import time
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from optuna.trial import TrialState
from rich.live import Live
from rich.table import Table

from fmnist.sweep.results.counts import Counts
from fmnist.terminal.console import console, echo, log

ROWS = 10  # trials that ended last
STYLES = {"complete": "green", "pruned": "yellow", "failed": "red", "running": "cyan"}


class Row(NamedTuple):
    number: int
    state: str
    what: str
    seconds: float
    words: list[str]


class LiveTable:
    """A context; `begin` and `end` tell it of a trial."""

    def __init__(self, study: str, objectives: Sequence[str], budget: int, n_jobs: int, counts: Counts) -> None:
        self.study, self.objectives, self.budget, self.n_jobs, self.counts = study, objectives, budget, n_jobs, counts
        self.running: dict[int, tuple[float, list[str]]] = {}  # number → when it began, its overrides
        self.ended: deque[Row] = deque(maxlen=ROWS)
        self.live: Live | None = None

    def __enter__(self) -> None:
        self.started, self.done_before = time.monotonic(), self.counts.finished
        if console().is_terminal:
            self.live = Live(get_renderable=self.table, console=console(), refresh_per_second=2)
            self.live.start()

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.running.clear()
            self.live.stop()

    def begin(self, number: int, words: list[str]) -> None:
        self.running[number] = time.monotonic(), words

    def end(self, number: int, state: str, what: str, seconds: float, words: list[str]) -> None:
        self.running.pop(number, None)
        count = f"{self.counts.finished:>{len(str(self.budget))}}/{self.budget}"
        line = f"{count}  trial {number} {state}  {what}  {seconds:.1f} s  {' '.join(words)}"
        if self.live:
            self.ended.append(Row(number, state, what, seconds, words))
            log.info(line)
        else:
            echo(line)

    def table(self) -> Table:
        """Those that run and those that ended last; the best, the counts and the time left stand around them."""
        now = time.monotonic()
        table = Table(title=self.headline(), caption=self.footline(now), title_justify="left", caption_justify="left")
        for name in ("trial", "state"):
            table.add_column(name, no_wrap=True)
        table.add_column(" / ".join(self.objectives), max_width=40)
        table.add_column("seconds", justify="right", no_wrap=True)
        table.add_column("overrides")
        best = self.counts.best.number if self.counts.best else None
        running = [Row(n, "running", "", now - begun, words) for n, (begun, words) in list(self.running.items())]
        for row in sorted([*self.ended, *running]):
            what = row.what.removeprefix(f"{self.objectives[0]} ") if row.state == "complete" else row.what
            cells = [str(row.number), row.state, what, f"{row.seconds:.0f}", " ".join(row.words)]
            table.add_row(*cells, style="bold green" if row.number == best else STYLES[row.state])
        return table

    def headline(self) -> str:
        best = self.counts.best
        found = f"best {best.values[0]:.4g} (trial {best.number})" if best else "nothing complete yet"
        return f"{self.study}: {self.counts.finished} of {self.budget} trials, {found}"

    def footline(self, now: float) -> str:
        states, done = self.counts.states, self.counts.finished - self.done_before
        parts = [f"{len(self.running)} of {self.n_jobs} workers busy"]
        parts += [f"{n} {name}" for state, name in NAMES.items() if (n := states[state])]
        elapsed = now - self.started
        parts.append(f"{span(elapsed)} passed")
        if done:
            parts.append(f"about {span(elapsed / done * (self.budget - self.counts.finished))} left")
        return ", ".join(parts)


NAMES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}


def span(seconds: float) -> str:
    """1:02:03."""
    return str(timedelta(seconds=round(seconds)))
