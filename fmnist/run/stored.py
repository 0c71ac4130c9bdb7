"""Runs found on disk, whatever state they are in: alone, in outputs/, in a sweep's folder."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.errors import ConfigError, FmnistError
from fmnist.files.run_folder import read_summary
from fmnist.files.yaml import read_mapping
from fmnist.run.stored_config import read_config
from fmnist.terminal.states import RunState


@dataclass(frozen=True)
class StoredRun:
    """A run's folder, as far as runs are compared.

    state: one of `RunState`.  reason: why the run ended.
    metrics: by name, those of the best epoch and those of the whole run.
    """

    folder: Path
    config: dict[str, Any]
    choices: dict[str, str]
    state: str
    reason: str
    objective: str
    metrics: dict[str, float]

    @property
    def finished(self) -> bool:
        return self.state == RunState.FINISHED


def find_runs(folders: Iterable[Path]) -> list[StoredRun]:
    """Every run in or below the folders, each once.

    Raises:
        ConfigError: there is no run in one of the folders.
    """
    found: dict[Path, Path] = {}
    for folder in folders:
        runs = sorted(file.parent for file in folder.rglob("config.yaml") if (file.parent / "choices.yaml").exists())
        if not runs:
            raise ConfigError("folder", folder, "the folder of a run or of a sweep, or one above such")
        for run in runs:
            found.setdefault(run.resolve(), run)
    return [read_run(run) for run in found.values()]


def read_run(folder: Path) -> StoredRun:
    config, choices = read_config(folder), read_mapping(folder / "choices.yaml")
    summary = read_summary(folder)
    state, objective = summary.get("state", RunState.UNFINISHED), summary.get("objective") or config.get("objective")
    if not isinstance(objective, str):
        raise FmnistError(f"{folder / 'config.yaml'}: not the config of a run: it has no objective")
    return StoredRun(folder, config, choices, state, summary.get("reason", ""), objective, flat_metrics(summary))


def flat_metrics(summary: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers of a summary and of its best epoch. The objective's `value` is also there under its name."""
    everything = {**(summary.get("best") or {}), **summary}
    if "objective" in summary:
        everything[summary["objective"]] = summary.get("value")
    return {
        key: float(value)
        for key, value in everything.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
