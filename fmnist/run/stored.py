"""Runs found on disk, whatever state they are in: alone, in outputs/, in a sweep's folder."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.errors import ConfigError
from fmnist.files.yaml import read_yaml


@dataclass(frozen=True)
class StoredRun:
    """A run's folder as it was found.

    state: finished, pruned, diverged, failed, interrupted; "unfinished" without a summary: it runs, or was killed.
    reason: why it ended, in its own words.
    figures: metrics by name, those of the best epoch and those of the whole run.
    """

    folder: Path
    config: dict[str, Any]
    choices: dict[str, str]
    state: str
    reason: str
    objective: str
    figures: dict[str, float]


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
    config, choices = (read_yaml(folder / name) for name in ("config.yaml", "choices.yaml"))
    try:
        summary = json.loads((folder / "summary.json").read_text())
    except FileNotFoundError:
        summary = {}
    state, objective = summary.get("state", "unfinished"), summary.get("objective", config.get("objective"))
    return StoredRun(folder, config, choices, state, summary.get("reason", ""), objective, figures(summary))


def read_overrides(folder: Path) -> list[str]:
    """The words of the run's command line."""
    try:
        return read_yaml(folder / "overrides.yaml") or []
    except FileNotFoundError:
        return []


def figures(summary: Mapping[str, Any]) -> dict[str, float]:
    """What can be compared. The objective's own figure is `value`, also under its name."""
    best = summary.get("best") or {}
    everything = {**best, **summary}
    if "objective" in summary:
        everything[summary["objective"]] = summary.get("value")
    return {
        key: float(value)
        for key, value in everything.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
