"""Learning curves as a picture: of one run, or of settings over their seeds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmnist.analysis.ranking import choose_metric, rank
from fmnist.analysis.settings import as_overrides, differing_keys
from fmnist.errors import ConfigError
from fmnist.files.history import read_history
from fmnist.interfaces import Array, Metrics
from fmnist.run.stored import StoredRun, find_runs
from fmnist.terminal.console import console
from fmnist.training.objective import Objective


def draw_curves(folders: Sequence[Path], metric: str | None = None) -> None:
    """One run: curves.png and .svg in its folder. Several: comparison.png and .svg in the first of the folders.

    The comparison shows the `metric` (test/accuracy, …; without: the runs' objective) of the finished runs.

    Raises:
        ConfigError: there is no run in a folder, none has the metric, or one has no history.
    """
    runs = find_runs(folders, epochs=True)
    files = draw_run(runs[0], folders[0]) if len(runs) == 1 else draw_settings(runs, metric, folders[0])
    for file in files:
        console().print(str(file))


def draw_run(run: StoredRun, folder: Path) -> list[Path]:
    from fmnist.picture.learning_curves import learning_curves
    from fmnist.picture.style import save

    history = recorded_history(run.folder)
    # The objective of a run without a validation part is a test metric, which no epoch has: its last epoch counts.
    objective = Objective(run.objective if run.objective in history[0] else "test/accuracy")
    return save(learning_curves(history, objective.name, objective.best_epoch(history)), folder / "curves")


def draw_settings(runs: Sequence[StoredRun], metric: str | None, folder: Path) -> list[Path]:
    from fmnist.picture.setting_curves import SettingCurves, setting_curves
    from fmnist.picture.style import save

    metric = choose_metric(runs, metric)
    settings = [setting for setting in rank(runs, metric).settings if setting.measured]
    if not settings:
        raise ConfigError("--metric", metric, "that of a finished run, and there is none")
    keys = differing_keys(settings)
    histories = [[recorded_history(run.folder) for run in setting.measured] for setting in settings]
    curve = closest_epoch_metric(metric, [rows[0] for of_setting in histories for rows in of_setting])
    curves = [
        SettingCurves(as_overrides(setting, keys), stack_curves(rows, curve), setting.by_seed, setting.half_width)
        for setting, rows in zip(settings, histories, strict=True)
    ]
    return save(setting_curves(curves, curve, metric), folder / "comparison")


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
