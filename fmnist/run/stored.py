"""Runs found on disk, whatever state they are in: alone, in outputs/, in a sweep's folder."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.errors import ConfigError, DamagedFile, FmnistError
from fmnist.files.history import read_history
from fmnist.files.run_folder import read_command, read_environment, read_overrides, read_summary
from fmnist.files.yaml import read_mapping
from fmnist.run.check_record import check_choices, check_config, check_environment, check_history, check_summary
from fmnist.run.stored_config import read_config
from fmnist.terminal.console import warn
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


def find_runs(folders: Iterable[Path], *, epochs: bool = False) -> list[StoredRun]:
    """Every run in or below the folders, each once; one that is damaged is left out, and a line says why.

    epochs: whether its epochs and its environment are wanted too, and so must be readable.

    Raises:
        ConfigError: there is no run in one of the folders.
        FmnistError: there are runs, and all are damaged.
    """
    found: dict[Path, Path] = {}
    for folder in folders:
        runs = sorted(file.parent for file in folder.rglob("config.yaml") if is_run(file.parent))
        if not runs:
            raise ConfigError("folder", folder, "the folder of a run or of a sweep, or one above such")
        for run in runs:
            found.setdefault(run.resolve(), run)
    whole = []
    for folder in found.values():
        try:
            whole.append(read_run(folder, epochs=epochs))
        except FmnistError as error:
            if len(found) == 1:
                raise
            warn(f"skipped: {error}")
    if not whole:
        raise FmnistError(f"no run can be read, of {len(found)} in {', '.join(map(str, folders))}")
    return whole


def is_run(folder: Path) -> bool:
    """Beside a config.yaml, which any Hydra program has."""
    return any((folder / name).exists() for name in ("choices.yaml", "environment.json"))


def read_run(folder: Path, *, epochs: bool = False) -> StoredRun:
    """The run in a folder.

    Raises:
        DamagedFile: a file of it is not what a run writes.
    """
    config, choices = read_config(folder), read_mapping(folder / "choices.yaml")
    summary = read_summary(folder)
    check_config(folder / "config.yaml", config)
    check_choices(folder / "choices.yaml", choices)
    check_summary(folder / "summary.json", summary)
    read_overrides(folder)
    if epochs:
        check_history(folder / "metrics.jsonl", read_history(folder))
        check_environment(folder / "environment.json", read_environment(folder))
        read_command(folder)
    state, objective = summary.get("state", RunState.UNFINISHED), summary.get("objective") or config.get("objective")
    if not isinstance(objective, str):
        raise DamagedFile(folder / "config.yaml", "it has no objective")
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
