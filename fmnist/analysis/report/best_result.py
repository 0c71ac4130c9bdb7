"""The best result: its metrics, the commands that repeat it, and where its config differs from the defaults."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.errors import HydraException

from fmnist.analysis.ranking import Ranking
from fmnist.analysis.report.sweeps import Sweep
from fmnist.analysis.settings import NESTED, flatten, setting_config
from fmnist.config.compose import compose_config, default_options
from fmnist.errors import show
from fmnist.files.run_folder import read_command
from fmnist.run.experiment_file import values
from fmnist.run.stored import StoredRun


def best_section(run: StoredRun, ranking: Ranking, sweeps: Sequence[Sweep]) -> dict[str, Any]:
    setting, metric = ranking.settings[0], ranking.metric
    return {
        "metric": metric,
        "value": run.metrics[metric],
        "metrics": {name: value for name, value in run.metrics.items() if name != metric},
        "seeds": len(setting.by_seed),
        "mean": setting.mean,
        "half": setting.half_width,
        "folder": str(run.folder),
        "commands": repeat_commands(run, sweeps),
        "changes": changes(run),
    }


def repeat_commands(run: StoredRun, sweeps: Sequence[Sweep]) -> list[str]:
    """The commands that the sweep's summary gives for its best trial; for any other run, the one that started it."""
    for sweep in sweeps:
        trial = sweep.summary.get("best") or {}
        home = sweep.folder / Path(trial.get("folder", "")).name
        if trial and run.folder.is_relative_to(home) and home != sweep.folder:
            return [command for command in (trial.get("command"), trial.get("by_name")) if command]
    return [command] if (command := read_command(run.folder)) else []


def changes(run: StoredRun) -> list[list[str]] | None:
    """Rows (key, value, default): the options that are not the default ones, then keys that differ from their options.

    None if the run's config no longer fits the project's conf/.
    """
    config = {**setting_config(run.config), "seed": run.config.get("seed")}
    choices = {group: option for group, option in run.choices.items() if group in config}
    try:
        usual = default_options()
        chosen = values(compose_config([f"{group}={option}" for group, option in choices.items()]), config)
    except HydraException:
        return None
    rows = [[group, option, usual[group]] for group, option in choices.items() if option != usual[group]]
    defaults = {key: show(value) for key, value in flatten(setting_config(chosen) | {"seed": chosen["seed"]})}
    for key, value in flatten(config):
        if defaults.get(key) != show(value) and not key.endswith("_target_"):
            rows.append([key, show(value), defaults.get(key, "—").replace(NESTED, "on")])
    return rows
