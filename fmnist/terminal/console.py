"""What a person reads while a run goes on; the same lines go to the run's log."""

import logging
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


@cache
def console() -> Console:
    """Standard output; lines are neither cut nor wrapped where it is not a terminal."""
    return Console(soft_wrap=True, highlight=False, markup=False)


def echo(line: str) -> None:
    console().print(line)
    log.info(line)


def print_settings(config: Mapping[str, Any], choices: Mapping[str, str]) -> None:
    """One line per group: its option and its keys. The keys without a group come first."""
    echo("  ".join(f"{key}={show(value)}" for key, value in config.items() if isinstance(value, int | str)))
    for group, values in config.items():
        if isinstance(values, dict):
            keys = "  ".join(f"{key}={show(value)}" for key, value in flat(values))
            echo(f"{group:<10}  {choices.get(group) or '':<14} {keys}".rstrip())


def flat(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Keys as typed behind the group; addresses of files and classes are left to config.yaml."""
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        if isinstance(value, dict):
            pairs += [(f"{key}.{inner}", v) for inner, v in flat(value)]
        elif key not in ("_target_", "mirrors"):
            pairs.append((key, value))
    return pairs


def nearby(source: str) -> str:
    """A folder as seen from here; what is no folder as it is."""
    return relpath(source) if isdir(source) else source


def print_summary(summary: Mapping[str, Any], folder: object) -> None:
    """The small table at the end."""
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
        "data set": f"{summary['dataset']} from {nearby(summary['source'])}",
        "folder": str(folder),
    }
    table = Table(show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
        log.info("%s: %s", name, value)
    console().print(table)
