"""Files of a run's folder, as plain data; metrics.jsonl is read by `history.py`.

All raise a DamagedFile, which names the file, for what cannot be read.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fmnist.errors import DamagedFile, one_line
from fmnist.files.yaml import read_yaml


def read_overrides(folder: Path) -> list[str]:
    """The overrides of the run's command line."""
    file = folder / "overrides.yaml"
    if not file.exists():
        return []
    overrides = read_yaml(file) or []
    if not (isinstance(overrides, list) and all(isinstance(override, str) for override in overrides)):
        raise DamagedFile(file, "not a list of overrides")
    return overrides


def read_command(folder: Path) -> str:
    """The command line that started the run; empty if it is not recorded."""
    file = folder / "command.txt"
    with damage(file):
        return file.read_text().strip() if file.exists() else ""


def read_summary(folder: Path) -> dict[str, Any]:
    """summary.json of a run or of a sweep; empty while there is none."""
    return read_json(folder / "summary.json")


def read_environment(folder: Path) -> dict[str, Any]:
    """Versions, machine and seeds of the run; empty if they are not recorded."""
    return read_json(folder / "environment.json")


def read_json(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    with damage(file):
        value = json.loads(file.read_text())
    if not isinstance(value, dict):
        raise DamagedFile(file, "not a mapping of keys to values")
    return value


@contextmanager
def damage(file: Path) -> Iterator[None]:
    """Whatever reading makes of the file, as a DamagedFile."""
    try:
        yield
    except OSError as error:
        raise DamagedFile(file, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:  # not UTF-8, cut off, nested without end
        raise DamagedFile(file, one_line(error)[:200]) from None
