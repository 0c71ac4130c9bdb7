"""All that the page shows, as plain data. A section that does not apply is left out."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fmnist.analysis.leaderboards import rank_runs
from fmnist.analysis.report.best_result import best_section
from fmnist.analysis.report.confusion import confusion_section
from fmnist.analysis.report.failures import failure_section
from fmnist.analysis.report.leaderboard import leaderboard_sections
from fmnist.analysis.report.provenance import provenance_section
from fmnist.analysis.report.run_curves import curve_section
from fmnist.analysis.report.study_data import search_section
from fmnist.analysis.report.sweeps import Sweep, find_sweeps
from fmnist.analysis.settings import count_states
from fmnist.run.stored import StoredRun, find_runs
from fmnist.sweep.results.results import plain
from fmnist.terminal.states import COLOURS
from fmnist.training.objective import higher_is_better


def collect_data(folders: Sequence[Path], metric: str | None = None) -> dict[str, Any]:
    """The data of the page on all runs and sweeps below the folders.

    Result, curves and confusion matrix are of the data that most runs were made on; each set has a leaderboard.

    Raises:
        ConfigError: there is no run in a folder, or no run has such a metric.
    """
    runs = find_runs(folders, epochs=True)
    boards = rank_runs(runs, metric)
    ranking = boards.rankings[0]
    sweeps = find_sweeps(folders)
    best = ranking.settings[0].best_run
    sections = {
        "best": best and best_section(best, ranking, sweeps),
        "curves": curve_section(ranking),
        "leaderboards": leaderboard_sections(boards),
        "searches": [study for sweep in sweeps if (study := search_section(sweep))],
        "confusion": best and confusion_section(best.folder),
        "failures": failure_section(runs, sweeps),
        "provenance": provenance_section(runs, best),
    }
    page = {
        "title": title(folders, runs, sweeps),
        "subtitle": subtitle(runs, sweeps),
        "metric": ranking.metric,
        "upwards": higher_is_better(ranking.metric),
        "colours": COLOURS,
        "data": ranking.data,
    }
    return plain(page | {name: section for name, section in sections.items() if section})


def title(folders: Sequence[Path], runs: Sequence[StoredRun], sweeps: Sequence[Sweep]) -> str:
    if len(sweeps) == 1 and len(folders) == 1:
        return f"Study {sweeps[0].name}"
    if len(runs) == 1:
        return f"Run {Path(*runs[0].folder.resolve().parts[-2:])}"
    return f"{len(runs):,} runs"


def subtitle(runs: Sequence[StoredRun], sweeps: Sequence[Sweep]) -> str:
    """Data sets, how many runs are in which state, when the page was made."""
    datasets = sorted({run.choices.get("dataset", "?") for run in runs})
    states = count_states(runs)
    many = f"{len(runs):,} runs: {states}" if len(runs) > 1 else states
    studies = [f"studies {', '.join(sweep.name for sweep in sweeps)}"] if len(sweeps) > 1 else []
    return " · ".join([*datasets, many, *studies, f"{datetime.now():%Y-%m-%d %H:%M}"])
