"""The progress of a sweep: at a terminal one table that is redrawn, elsewhere a line for each trial that ends."""

import time
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from optuna.trial import FrozenTrial, TrialState
from rich.live import Live
from rich.table import Table

from fmnist.sweep.results.counts import Counts
from fmnist.sweep.study.attributes import OVERRIDES, REASON, SECONDS
from fmnist.sweep.study.states import FINISHED, STATES
from fmnist.terminal.console import echo, get_console, log

ROWS = 10  # trials that ended last


class Row(NamedTuple):
    number: int
    state: str  # Optuna's name
    result: str
    seconds: float
    overrides: list[str]


class LiveTable:
    """A context; `begin` and `end` are called for each trial, or `follow` again and again for all."""

    def __init__(self, study: str, objectives: Sequence[str], budget: int, n_jobs: int, counts: Counts) -> None:
        self.study, self.objectives, self.budget, self.n_jobs, self.counts = study, objectives, budget, n_jobs, counts
        self.running: dict[int, tuple[float, list[str]]] = {}  # number → when it began, its overrides
        self.ended: deque[Row] = deque(maxlen=ROWS)
        self.known: set[int] = set()  # trials that had ended at the last look of `follow`
        self.live: Live | None = None

    def __enter__(self) -> None:
        self.started, self.done_before = time.monotonic(), self.counts.finished
        if get_console().is_terminal:
            self.live = Live(get_renderable=self.table, console=get_console(), refresh_per_second=2)
            self.live.start()

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.running.clear()
            self.live.stop()

    def follow(self, trials: Sequence[FrozenTrial]) -> None:
        """All trials as they are now; for those that others run, instead of `begin` and `end`."""
        for trial in trials:
            if trial.state == TrialState.RUNNING and trial.number not in self.running:
                self.begin(trial.number, trial.user_attrs.get(OVERRIDES, []))
            elif trial.state == TrialState.WAITING:
                self.requeue(trial.number)
            elif trial.state.is_finished() and trial.number not in self.known:
                self.known.add(trial.number)
                self.counts.add(trial)
                self.end(trial)

    def begin(self, number: int, overrides: list[str]) -> None:
        self.running[number] = time.monotonic(), overrides

    def requeue(self, number: int) -> None:
        self.running.pop(number, None)

    def end(self, trial: FrozenTrial) -> None:
        known = trial.user_attrs
        seconds, overrides = known.get(SECONDS, 0.0), known.get(OVERRIDES, [])
        state, result = trial.state.name, known.get(REASON, "")
        if trial.values is not None and trial.state == TrialState.COMPLETE:
            named = zip(self.objectives, trial.values, strict=True)
            result = "  ".join(f"{name} {value:.4g}" for name, value in named)
        self.running.pop(trial.number, None)
        count = f"{self.counts.finished:>{len(str(self.budget))}}/{self.budget}"
        line = f"{count}  trial {trial.number} {STATES[state].word}  {result}  {seconds:.1f} s  {' '.join(overrides)}"
        if self.live:
            self.ended.append(Row(trial.number, state, result, seconds, overrides))
            log.info(line)
        else:
            echo(line)

    def table(self) -> Table:
        """Trials that run and trials that ended last; best value, counts and time left are the title and caption."""
        now = time.monotonic()
        table = Table(title=self.title(), caption=self.caption(now), title_justify="left", caption_justify="left")
        for name in ("trial", "state"):
            table.add_column(name, no_wrap=True)
        table.add_column(" / ".join(self.objectives), max_width=40)
        table.add_column("seconds", justify="right", no_wrap=True)
        table.add_column("overrides")
        best = self.counts.best.number if self.counts.best else None
        running = [Row(n, "RUNNING", "", now - begun, given) for n, (begun, given) in list(self.running.items())]
        for row in sorted([*self.ended, *running]):
            word, style = STATES[row.state]
            result = row.result.removeprefix(f"{self.objectives[0]} ") if row.state == "COMPLETE" else row.result
            cells = [str(row.number), word, result, f"{row.seconds:.0f}", " ".join(row.overrides)]
            table.add_row(*cells, style="bold green" if row.number == best else style)
        return table

    def title(self) -> str:
        best = self.counts.best
        found = f"best {best.values[0]:.4g} (trial {best.number})" if best else "nothing complete yet"
        return f"{self.study}: {self.counts.finished} of {self.budget} trials, {found}"

    def caption(self, now: float) -> str:
        states, done = self.counts.states, self.counts.finished - self.done_before
        parts = [f"{len(self.running)} of {self.n_jobs} workers busy"]
        parts += [f"{n} {STATES[name].word}" for name in FINISHED if (n := states[TrialState[name]])]
        elapsed = now - self.started
        parts.append(f"{duration(elapsed)} passed")
        if done:
            parts.append(f"about {duration(elapsed / done * (self.budget - self.counts.finished))} left")
        return ", ".join(parts)


class HiddenTable(LiveTable):
    """Shows nothing: that of trials which another table follows."""

    def begin(self, number: int, overrides: list[str]) -> None:
        pass

    def end(self, trial: FrozenTrial) -> None:
        pass


def duration(seconds: float) -> str:
    """1:02:03."""
    return str(timedelta(seconds=round(seconds)))
