"""Learning curves as a picture: of one run, or of settings over their seeds."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmnist.analysis.differences import as_label, informative_keys
from fmnist.analysis.leaderboards import rank_runs
from fmnist.analysis.ranking import Ranking
from fmnist.errors import ConfigError
from fmnist.files.history import read_history
from fmnist.interfaces import Array, Metrics
from fmnist.run.stored import StoredRun, find_runs
from fmnist.terminal.console import get_console
from fmnist.training.objective import Objective


def draw_curves(folders: Sequence[Path], metric: str | None = None) -> None:
    """One run: curves.png and .svg in its folder. Several: comparison.png and .svg in the first of the folders.

    The comparison shows the `metric` (test/accuracy, …; without: the runs' objective) of the finished runs. Each set of
    data has one of its own: comparison-digits.png.

    Raises:
        ConfigError: there is no run in a folder, none has the metric, or one has no history.
    """
    runs = find_runs(folders, epochs=True)
    if len(runs) == 1:
        files = draw_run(runs[0], folders[0])
    else:
        boards = rank_runs(runs, metric)
        measured = [ranking for ranking in boards.rankings if any(setting.measured for setting in ranking.settings)]
        if not measured:
            raise ConfigError("--metric", boards.metric, "that of a finished run, and there is none")
        files = [file for ranking in measured for file in draw_settings(ranking, folders[0])]
        if boards.remark:
            get_console().print(boards.remark)
    for file in files:
        get_console().print(str(file))


def draw_run(run: StoredRun, folder: Path) -> list[Path]:
    from fmnist.picture.learning_curves import learning_curves
    from fmnist.picture.style import save

    history = recorded_history(run.folder)
    # The objective of a run without a validation part is a test metric, which no epoch has: its last epoch counts.
    objective = Objective(run.objective if run.objective in history[0] else "test/accuracy")
    return save(learning_curves(history, objective.name, objective.best_epoch(history)), folder / "curves")


def draw_settings(ranking: Ranking, folder: Path) -> list[Path]:
    from fmnist.picture.setting_curves import SettingCurves, setting_curves
    from fmnist.picture.style import save

    settings = [setting for setting in ranking.settings if setting.measured]
    keys = informative_keys(settings)
    histories = [[recorded_history(run.folder) for run in setting.measured] for setting in settings]
    curve = closest_epoch_metric(ranking.metric, [rows[0] for of_setting in histories for rows in of_setting])
    curves = [
        SettingCurves(as_label(setting, keys), stack_curves(rows, curve), setting.by_seed, setting.half_width)
        for setting, rows in zip(settings, histories, strict=True)
    ]
    final = f"{ranking.metric} on {ranking.data}" if ranking.data else ranking.metric
    data = re.sub(r"\W+", "-", ranking.data.removeprefix("dataset=")).strip("-")
    return save(setting_curves(curves, curve, final), folder / f"comparison-{data}".rstrip("-"))


def recorded_history(folder: Path) -> list[Metrics]:
    """The run's epochs, at least one; a ConfigError if there is none (tracker=none, or its first epoch is going on)."""
    if history := read_history(folder):
        return history
    raise ConfigError("folder", folder, "the folder of a run with at least one epoch in its metrics.jsonl")


def closest_epoch_metric(metric: str, epochs: Sequence[Metrics]) -> str:
    """The metric, or one like it that all epochs have: a test metric is known at the end only."""
    quantity = "loss" if metric.endswith("loss") else "accuracy"
    names = (metric, f"val/{quantity}", f"train/{quantity}")
    return next(name for name in names if all(name in epoch for epoch in epochs))


def stack_curves(histories: Sequence[Sequence[Metrics]], metric: str) -> Array:
    """(runs, epochs), as far as all of them go."""
    epochs = min(map(len, histories))
    return np.array([[row[metric] for row in rows[:epochs]] for rows in histories])
