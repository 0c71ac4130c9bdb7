"""The console: a run's settings, progress and results. The same lines go to the run's log."""

import logging
import sys
from collections.abc import Mapping
from functools import cache
from os.path import isdir, relpath
from typing import Any

from rich.console import Console
from rich.table import Table

from fmnist.errors import show

log = logging.getLogger("fmnist")
log.setLevel(logging.INFO)
log.propagate = False  # Hydra gives the root logger a handler of its own
log.addHandler(logging.NullHandler())  # or warnings are printed once more where there is no run's log, as in a sweep


@cache
def get_console() -> Console:
    """Standard output. Lines are neither cut nor wrapped if it is not a terminal."""
    return Console(soft_wrap=True, highlight=False, markup=False)


def echo(line: str) -> None:
    """Print the line and log it."""
    get_console().print(line)
    log.info(line)


def warn(line: str) -> None:
    """On standard error, so that a table in a pipe stays one."""
    print(line, file=sys.stderr)


def print_table(table: Table) -> None:
    """In a terminal, as wide as it is at most: long cells are wrapped. Elsewhere a row is a line, however long."""
    if get_console().is_terminal:
        get_console().print(table, soft_wrap=False)
    else:
        Console(width=10_000, highlight=False, markup=False).print(table)


def print_settings(config: Mapping[str, Any], choices: Mapping[str, str]) -> None:
    """Print the keys without a group, then one line per group with its option and its keys."""
    echo("  ".join(f"{key}={show(value)}" for key, value in config.items() if isinstance(value, int | str)))
    for group, values in config.items():
        if isinstance(values, dict):
            keys = "  ".join(f"{key}={show(value)}" for key, value in flat(values))
            echo(f"{group:<10}  {choices.get(group) or '':<14} {keys}".rstrip())


def flat(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The keys with their dots: ("beta1", 0.9), ("early_stopping.patience", 5). Classes and URLs are left out."""
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            pairs += [(f"{key}.{inner}", v) for inner, v in flat(value)]
        elif key not in ("_target_", "mirrors"):
            pairs.append((key, value))
    return pairs


def relative_folder(source: str) -> str:
    """A folder relative to the current one; anything else as it is."""
    return relpath(source) if isdir(source) else source


def print_summary(summary: Mapping[str, Any], folder: object) -> None:
    """Print the results of a run as a table."""
    best = summary["best"]
    rows: dict[str, str] = {}
    if "test/accuracy" in summary:  # a pruned run is not tested
        rows |= {"test accuracy": f"{summary['test/accuracy']:.4f}", "test loss": f"{summary['test/loss']:.4f}"}
    if "val/accuracy" in best:
        rows["val accuracy"] = f"{best['val/accuracy']:.4f}"
    rows |= {
        "best epoch": f"{best['epoch']} of {summary['epochs']} ({summary['reason']})",
        "parameters": f"{summary['parameters']:,}",
        "seconds": f"{summary['seconds']:.1f}",
        "engine": summary["engine"],
        "data set": f"{summary['dataset']} from {relative_folder(summary['source'])}",
        "folder": str(folder),
    }
    table = Table(show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
        log.info("%s: %s", name, value)
    get_console().print(table)
