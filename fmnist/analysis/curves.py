"""Learning curves as a picture: of one run, or of settings over their seeds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmnist.analysis.comparison import common_objective, order
from fmnist.analysis.settings import differences, settings, typed
from fmnist.analysis.statistics import interval
from fmnist.errors import ConfigError
from fmnist.files.history import read_history
from fmnist.interfaces import Array, Metrics
from fmnist.run.stored import find_runs
from fmnist.terminal.console import console
from fmnist.training.objective import Objective


def draw_curves(folders: Sequence[Path], metric: str | None = None) -> None:
    """One run: curves.png and .svg in its folder. Several: comparison.png and .svg in the first of the folders.

    The comparison shows the `metric` (test/accuracy, …; without: the runs' objective) of the finished runs.

    Raises:
        ConfigError: there is no run in a folder, none has the metric, or one has no history.
    """
    from fmnist.picture.learning_curves import learning_curves
    from fmnist.picture.setting_curves import SettingCurves, setting_curves
    from fmnist.picture.style import save

    runs = find_runs(folders)
    if len(runs) == 1:
        history = read_history(runs[0].folder)
        # A run without a validation part is judged on the test set: its last epoch counts.
        objective = Objective(runs[0].objective if runs[0].objective in history[0] else "test/accuracy")
        files = save(learning_curves(history, objective.name, objective.best_epoch(history)), folders[0] / "curves")
    else:
        finished = [run for run in runs if run.state == "finished"]
        name = metric or common_objective(finished)
        judged = sorted((s for s in settings(finished, name) if s.judged), key=lambda s: order(s, name))
        if not judged:
            known = sorted({figure for run in finished for figure in run.figures})
            allowed = f"one of {', '.join(known)}" if known else "that of a finished run, and there is none"
            raise ConfigError("--metric", name, allowed)
        keys = differences(judged)
        histories = [[read_history(run.folder) for run in setting.judged] for setting in judged]
        curve = curve_of(name, [rows[0] for of_setting in histories for rows in of_setting])
        groups = [
            SettingCurves(typed(setting, keys), stacked(rows, curve), setting.by_seed, interval(setting.by_seed))
            for setting, rows in zip(judged, histories, strict=True)
        ]
        files = save(setting_curves(groups, curve, name), folders[0] / "comparison")
    for file in files:
        console().print(str(file))


def curve_of(metric: str, epochs: Sequence[Metrics]) -> str:
    """The figure of an epoch that all have and that comes nearest: a test figure is known once, at the end."""
    quantity = "loss" if metric.endswith("loss") else "accuracy"
    names = (metric, f"val/{quantity}", f"train/{quantity}")
    return next(name for name in names if all(name in epoch for epoch in epochs))


def stacked(histories: Sequence[Sequence[Metrics]], name: str) -> Array:
    """(runs, epochs), as far as all of them go."""
    epochs = min(map(len, histories))
    return np.array([[row[name] for row in rows[:epochs]] for rows in histories])
