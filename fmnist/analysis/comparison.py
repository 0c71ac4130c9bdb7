"""A leaderboard over runs and sweeps: what differs only by its seed is one setting, the best comes first."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, stdev

from rich import box
from rich.console import Console
from rich.table import Table

from fmnist.analysis.settings import Setting, differences, settings, typed
from fmnist.analysis.statistics import against_first, interval
from fmnist.errors import ConfigError, closest
from fmnist.files import atomic
from fmnist.run.stored import StoredRun, find_runs
from fmnist.terminal.console import console

LEVEL = 0.05  # a smaller p-value tells two settings apart
NAMED = 12  # so many settings are listed by their rank


def compare(folders: Sequence[Path], metric: str | None = None, file: Path | None = None) -> None:
    """Print the leaderboard of all runs below the folders, and write it to `file` as CSV.

    With two seeds or more a mean has a 95 % interval, and is tested against the best.

    The row's folder is that of its best run. The metric is the runs' own objective, unless one is named.

    Raises:
        ConfigError: there is no run in a folder, or no run has such a metric.
    """
    runs = find_runs(folders)
    finished = [run for run in runs if run.state == "finished"]
    name = metric or common_objective(finished)
    known = {figure for run in finished for figure in run.figures}
    if finished and name not in known:
        raise ConfigError("--metric", name, f"one of {', '.join(sorted(known))}{closest(name, known)}")

    ranked = sorted(settings(runs, name), key=lambda setting: order(setting, name))
    keys = differences(ranked)
    terminal = console().is_terminal
    screen = console() if terminal else Console(width=10_000, highlight=False, markup=False)  # a line is a line
    screen.print(leaderboard(ranked, name, keys, box.HEAVY_HEAD if terminal else None))
    for line in remarks(runs, ranked, name):
        screen.print(line)
    if file:
        try:
            atomic.write_text(file, as_csv(ranked, name, keys))
        except OSError as error:
            raise ConfigError("--csv", file, f"a file that can be written ({error.strerror})") from None


def common_objective(runs: Iterable[StoredRun]) -> str:
    """What all runs are judged by."""
    names = sorted({run.objective for run in runs})
    if len(names) > 1:
        raise ConfigError("--metric", None, f"one figure for all; the runs' objectives are {', '.join(names)}")
    return names[0] if names else "value"


def upwards(metric: str) -> bool:
    """Accuracies and rates are better when larger; losses, seconds and sizes when smaller."""
    return metric.endswith(("accuracy", "per_second"))


def order(setting: Setting, metric: str) -> tuple[bool, float]:
    """Best mean first; settings without a figure at the end."""
    if not setting.by_seed:
        return True, 0.0
    return False, -mean(setting.by_seed) if upwards(metric) else mean(setting.by_seed)


def best_run(setting: Setting, metric: str) -> StoredRun:
    sign = -1 if upwards(metric) else 1
    return min(setting.judged, key=lambda run: sign * run.figures[metric])


def leaderboard(ranked: Sequence[Setting], metric: str, keys: Sequence[str], frame: box.Box | None) -> Table:
    """What tells a setting from the others stands as one would type it."""
    incomplete = any(setting.states.keys() != {"finished"} for setting in ranked)
    p_values = against_first([setting.by_seed for setting in ranked])
    several = any(len(setting.by_seed) > 1 for setting in ranked)
    tested = any(p is not None for p in p_values)
    table = Table(box=frame)
    for name in ("rank", metric, *(["95 %"] if several else []), *(["p"] if tested else []), "seeds", "best"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in (*(["runs"] if incomplete else []), *(["setting"] if keys else []), "folder"):
        table.add_column(name)
    for rank, (setting, p) in enumerate(zip(ranked, p_values, strict=True), 1):
        values, folder, sure = setting.by_seed, setting.runs[0].folder, interval(setting.by_seed)
        cells = [str(rank) if values else "—", "—"]
        if values:
            cells[1] = f"{figure(mean(values))} ± {figure(stdev(values)) if len(values) > 1 else '—'}"
        cells += ["—" if sure is None else f"± {figure(sure)}"] if several else []
        cells += ["—" if p is None else p_figure(p)] if tested else []
        cells += [str(len(values)), "—"]
        if values:
            best = best_run(setting, metric)
            folder, cells[-1] = best.folder, figure(best.figures[metric])
        cells += [said(setting.states)] if incomplete else []
        cells += [typed(setting, keys)] if keys else []
        table.add_row(*cells, str(folder))
    return table


def as_csv(ranked: Sequence[Setting], metric: str, keys: Sequence[str]) -> str:
    """The same with all digits; what is not known is blank."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["rank", "metric", "mean", "std", "interval95", "p", "seeds", "best", "runs", *keys, "folder"])
    p_values = against_first([setting.by_seed for setting in ranked])
    for rank, (setting, p) in enumerate(zip(ranked, p_values, strict=True), 1):
        values, sure = setting.by_seed, interval(setting.by_seed)
        cells: list[object] = ["", metric, "", "", "", "", 0, ""]
        folder = setting.runs[0].folder
        if values:
            best = best_run(setting, metric)
            folder = best.folder
            deviation = stdev(values) if len(values) > 1 else ""
            certainty = ["" if number is None else number for number in (sure, p)]
            cells = [rank, metric, mean(values), deviation, *certainty, len(values), best.figures[metric]]
        table.writerow([*cells, said(setting.states), *(setting.keys.get(key, "") for key in keys), folder])
    return text.getvalue()


def remarks(runs: Sequence[StoredRun], ranked: Sequence[Setting], metric: str) -> Iterable[str]:
    """What the table leaves out is said."""
    states = Counter(run.state for run in runs)
    yield f"{count(len(runs), 'run')} in {count(len(ranked), 'setting')}: {said(states)}"
    without = sum(run.state == "finished" and metric not in run.figures for run in runs)
    if without:
        yield f"{count(without, 'finished run')} without {metric}"
    if left := len(runs) - states["finished"]:
        yield f"{count(left, 'run')} not counted: only finished ones are"
    yield from verdict([setting.by_seed for setting in ranked])


def verdict(samples: Sequence[Sequence[float]]) -> Iterable[str]:
    """Which settings, best first, cannot be told apart from the best one."""
    if len([values for values in samples if values]) < 2 or all(len(values) < 2 for values in samples):
        return
    tested = [(rank, p) for rank, p in enumerate(against_first(samples), 1) if p is not None]
    if not tested:
        yield "no test: the best setting, and one to compare it with, need two seeds or more"
        return
    corrected = f", Holm's correction for {len(tested)} tests" if len(tested) > 1 else ""
    yield f"95 %: Student's t interval of the mean; p: Welch's t-test against rank 1{corrected}"
    alike = [str(rank) for rank, p in tested if p >= LEVEL]
    named = ", ".join([*alike[:NAMED], *(["…"] if len(alike) > NAMED else [])])
    yield f"not to be told apart from rank 1 (p ≥ {LEVEL}): {named or 'none of those tested'}"


def count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def said(states: Counter[str]) -> str:
    """3 finished, 1 diverged."""
    return ", ".join(f"{n} {state}" for state, n in sorted(states.items(), key=lambda item: item[0] != "finished"))


def p_figure(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def figure(value: float) -> str:
    return f"{value:.4f}" if not math.isfinite(value) or abs(value) < 1000 else f"{value:,.1f}"
