"""Files of a run's folder that may be missing, as plain data; metrics.jsonl is read by `history.py`."""

import json
from pathlib import Path
from typing import Any

from fmnist.errors import FmnistError
from fmnist.files.yaml import read_yaml


def read_overrides(folder: Path) -> list[str]:
    """The overrides of the run's command line."""
    file = folder / "overrides.yaml"
    overrides = (read_yaml(file) or []) if file.exists() else []
    if not isinstance(overrides, list):
        raise FmnistError(f"{file}: not a list of overrides")
    return [str(override) for override in overrides]


def read_command(folder: Path) -> str:
    """The command line that started the run; empty if it is not recorded."""
    file = folder / "command.txt"
    return file.read_text().strip() if file.exists() else ""


def read_summary(folder: Path) -> dict[str, Any]:
    """summary.json of a run or of a sweep; empty while there is none."""
    return read_json(folder / "summary.json")


def read_environment(folder: Path) -> dict[str, Any]:
    """Versions, machine and seeds of the run; empty if they are not recorded."""
    return read_json(folder / "environment.json")


def read_json(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text()) if file.exists() else {}
