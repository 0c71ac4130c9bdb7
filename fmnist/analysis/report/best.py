"""The best result: its figures, the command that makes it again, and where its config leaves the defaults."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.errors import HydraException

from fmnist.analysis.report.sweeps import Sweep
from fmnist.analysis.settings import THERE, Setting, essence, flat
from fmnist.analysis.statistics import interval
from fmnist.config.compose import compose_config, default_options
from fmnist.errors import show
from fmnist.run.experiment_file import values
from fmnist.run.stored import StoredRun


def best(run: StoredRun, setting: Setting, metric: str, sweeps: Sequence[Sweep]) -> dict[str, Any]:
    seeds = len(setting.by_seed)
    return {
        "metric": metric,
        "value": run.figures[metric],
        "figures": {name: value for name, value in run.figures.items() if name != metric},
        "seeds": seeds,
        "mean": sum(setting.by_seed) / seeds,
        "half": interval(setting.by_seed),
        "folder": str(run.folder),
        "commands": commands(run, sweeps),
        "changes": changes(run),
    }


def commands(run: StoredRun, sweeps: Sequence[Sweep]) -> list[str]:
    """A trial is run again by its sweep's own words; a run by the command that made it."""
    for sweep in sweeps:
        trial = sweep.summary.get("best") or {}
        home = sweep.folder / Path(trial.get("folder", "")).name
        if trial and run.folder.is_relative_to(home) and home != sweep.folder:
            return [command for command in (trial.get("command"), trial.get("by_name")) if command]
    try:
        return [(run.folder / "command.txt").read_text().strip()]
    except FileNotFoundError:
        return []


def changes(run: StoredRun) -> list[list[str]] | None:
    """Rows (key, value, default): the options that are not the default ones, then keys that are not their options'.

    None if the project's conf/ is not here, or has become another since.
    """
    config = {**essence(run.config), "seed": run.config.get("seed")}
    choices = {group: option for group, option in run.choices.items() if group in config}
    try:
        usual = default_options()
        chosen = values(compose_config([f"{group}={option}" for group, option in choices.items()]), config)
    except HydraException:
        return None
    rows = [[group, option, usual[group]] for group, option in choices.items() if option != usual[group]]
    defaults = {key: show(value) for key, value in flat(essence(chosen) | {"seed": chosen["seed"]})}
    for key, value in flat(config):
        if defaults.get(key) != show(value) and not key.endswith("_target_"):
            rows.append([key, show(value), defaults.get(key, "—").replace(THERE, "on")])
    return rows
