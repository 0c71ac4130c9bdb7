"""What trackers say of a run, read from the files in its folder: a live run and a replayed one look alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fmnist.errors import DamagedFile, show
from fmnist.files.yaml import read_mapping
from fmnist.terminal.console import flat

GOOD_ENDS = ("finished", "pruned")


def run_name(folder: Path) -> str:
    """The folder's name; of a trial 3, or 3-seed-0."""
    folder = folder.absolute()
    sweep = sweep_folder(folder)
    return "-".join(folder.relative_to(sweep).parts) if sweep else folder.name


def sweep_folder(folder: Path) -> Path | None:
    """The folder of the sweep that a trial's folder (3/, or 3/seed-0/) belongs to."""
    above = folder.absolute().parents[:2]
    return next((parent for parent in above if (parent / "multirun.yaml").exists()), None)


def study_name(folder: Path) -> str | None:
    """The study of a trial's folder."""
    sweep = sweep_folder(folder)
    if sweep is None:
        return None
    try:
        return str(read_mapping(sweep / "multirun.yaml").get("study") or sweep.name)
    except DamagedFile:
        return sweep.name


def hyperparameters(folder: Path) -> dict[str, Any]:
    """Every scalar under its name on the command line: "optimizer": "adam", "optimizer.lr": 0.001; lists as typed."""
    config, choices = (read_mapping(folder / name) for name in ("config.yaml", "choices.yaml"))
    return {key: scalar(value) for key, value in flat(config)} | choices


def scalar(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float | str) else show(value)


def flatten_summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    """summary.json flat: "state", "reason", "value", "test/accuracy", "best/val/accuracy", "best/epoch", …"""
    flattened: dict[str, Any] = {}
    for key, value in summary.items():
        inner = {f"{key}/{name}": v for name, v in value.items()} if isinstance(value, Mapping) else {key: value}
        flattened |= {} if key == "last" else inner  # the last row of the history says it
    return flattened


def split_summary(summary: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, str]]:
    """Numbers and texts of the flat summary: "summary/test/accuracy"; a bare "seconds" is an epoch's."""
    flattened = {f"summary/{key}": value for key, value in flatten_summary(summary).items()}
    numbers = {key: float(value) for key, value in flattened.items() if isinstance(value, int | float)}
    return numbers, {key: value for key, value in flattened.items() if isinstance(value, str)}
