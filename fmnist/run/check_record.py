"""Do a run's files hold what a run writes there? One that does not must not stop a command over a thousand others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fmnist.errors import DamagedFile, show

Types = tuple[type, ...]
TEXT: Types = (str,)
MAPPING: Types = (dict,)
NUMBER: Types = (int, float, type(None))
PLAIN: Types = (str, bool, int, float, type(None))

SUMMARY: dict[str, Types] = {"state": TEXT, "reason": TEXT, "objective": TEXT, "best": MAPPING, "last": MAPPING}
NUMBERS = ("value", "epochs", "seconds", "parameters")
ENVIRONMENT: dict[str, Types] = {
    **dict.fromkeys(("started", "fmnist", "python", "system", "cpu"), TEXT),
    **dict.fromkeys(("git", "packages", "seeds"), MAPPING),
    "blas": (list,),
}


def check_config(file: Path, config: Mapping[str, Any]) -> None:
    check_plain(file, config)
    check(file, config, {"objective": TEXT, "seed": (int, type(None))})


def check_choices(file: Path, choices: Mapping[str, Any]) -> None:
    check(file, choices, dict.fromkeys(choices, (str, type(None))))


def check_summary(file: Path, summary: Mapping[str, Any]) -> None:
    figures = dict.fromkeys([key for key in summary if key in NUMBERS or key.startswith("test/")], NUMBER)
    check(file, summary, SUMMARY | figures)
    for part in ("best", "last"):
        check(file, summary.get(part, {}), dict.fromkeys(summary.get(part, {}), NUMBER), f"{part}.")


def check_history(file: Path, history: Sequence[Any]) -> None:
    for number, row in enumerate(history, 1):
        if not isinstance(row, dict):
            raise DamagedFile(file, f"line {number} is no epoch")
        check(file, row, dict.fromkeys(row, NUMBER), f"line {number}, ")
        if "epoch" not in row:
            raise DamagedFile(file, f"line {number} has no epoch")


def check_environment(file: Path, environment: Mapping[str, Any]) -> None:
    check(file, environment, ENVIRONMENT)
    if environment and (missing := ENVIRONMENT.keys() - environment.keys()):
        raise DamagedFile(file, f"it has no {min(missing)}")


def check(file: Path, values: Mapping[Any, Any], types: Mapping[str, Types], where: str = "") -> None:
    """Raise a DamagedFile for a key whose value is of another type than those allowed. A key may be missing."""
    for key, allowed in types.items():
        value = values.get(key)
        if key in values and (not isinstance(value, allowed) or isinstance(value, bool)):
            raise DamagedFile(file, f"{where}{key}: {show(value)[:40]} is not what a run writes there")


def check_plain(file: Path, value: Any, key: str = "") -> None:
    """Mappings with text for keys, lists, and plain values: no dates, no bytes."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(name, str):
                raise DamagedFile(file, f"{key}: the key {show(name)[:40]} is not text")
            check_plain(file, inner, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            check_plain(file, inner, key)
    elif not isinstance(value, PLAIN):
        raise DamagedFile(file, f"{key}: {str(value)[:40]} is not what a run writes there")
