"""All that the page shows, as plain data. A section that does not apply is not there."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fmnist.analysis.comparison import best_run, common_objective, order, upwards
from fmnist.analysis.report.best import best
from fmnist.analysis.report.confusion import confusion_of
from fmnist.analysis.report.curves import curves
from fmnist.analysis.report.failures import failures
from fmnist.analysis.report.leaderboard import leaderboard
from fmnist.analysis.report.origin import origin
from fmnist.analysis.report.search import search
from fmnist.analysis.report.sweeps import find_sweeps
from fmnist.analysis.settings import settings
from fmnist.errors import ConfigError, closest
from fmnist.run.stored import StoredRun, find_runs
from fmnist.sweep.results.results import plain


def content(folders: Sequence[Path], metric: str | None = None) -> dict[str, Any]:
    """The page on all runs and sweeps below the folders.

    Raises:
        ConfigError: there is no run in a folder, or no run has such a metric.
    """
    runs = find_runs(folders)
    finished = [run for run in runs if run.state == "finished"]
    name = metric or common_objective(finished or runs)
    known = {figure for run in finished for figure in run.figures}
    if metric and metric not in known:
        raise ConfigError("--metric", metric, f"one of {', '.join(sorted(known))}{closest(metric, known)}")
    ranked = sorted(settings(runs, name), key=lambda setting: order(setting, name))
    sweeps = find_sweeps(folders)
    first = best_run(ranked[0], name) if ranked[0].judged else None
    sections = {
        "best": first and best(first, ranked[0], name, sweeps),
        "curves": curves(runs, ranked),
        "leaderboard": leaderboard(ranked, name),
        "searches": [found for sweep in sweeps if (found := search(sweep))],
        "confusion": first and confusion_of(first.folder),
        "failures": failures(runs, sweeps),
        "origin": origin(runs, first),
    }
    page = {
        "title": title(folders, runs, sweeps),
        "subtitle": subtitle(runs, sweeps),
        "metric": name,
        "upwards": upwards(name),
    }
    return plain(page | {name: section for name, section in sections.items() if section})


def title(folders: Sequence[Path], runs: Sequence[StoredRun], sweeps: Sequence[Any]) -> str:
    if len(sweeps) == 1 and len(folders) == 1:
        return f"Study {sweeps[0].name}"
    if len(runs) == 1:
        return f"Run {Path(*runs[0].folder.resolve().parts[-2:])}"
    return f"{len(runs):,} runs"


def subtitle(runs: Sequence[StoredRun], sweeps: Sequence[Any]) -> str:
    """What it is about: data sets, how many runs in which state, when the page was made."""
    datasets = sorted({run.choices.get("dataset", "?") for run in runs})
    states = Counter(run.state for run in runs)
    told = ", ".join(f"{n:,} {state}" for state, n in states.most_common())
    many = f"{len(runs):,} runs: {told}" if len(runs) > 1 else told
    studies = [f"studies {', '.join(sweep.name for sweep in sweeps)}"] if len(sweeps) > 1 else []
    return " · ".join([*datasets, many, *studies, f"{datetime.now():%Y-%m-%d %H:%M}"])
