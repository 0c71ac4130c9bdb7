"""A run in W&B's words, read from the files in its folder, so that a live run and a replayed one are told alike."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fmnist.errors import show
from fmnist.files.yaml import read_yaml
from fmnist.interfaces import Metrics
from fmnist.terminal.console import flat

GOOD_ENDS = ("finished", "pruned")


def described(folder: Path) -> dict[str, Any]:
    """Arguments of wandb.init: config, name, and, for a trial, its study as the group.

    The config has every scalar under the name it has on the command line ("optimizer": "adam", "optimizer.lr": 0.001),
    for W&B's panels compare scalars; the nested config is under "config", the code's version and the machine under
    "environment".
    """
    config, choices = (read_yaml(folder / name) for name in ("config.yaml", "choices.yaml"))
    environment = json.loads((folder / "environment.json").read_text())
    keys = {key: scalar(value) for key, value in flat(config)} | choices
    place = {"folder": str(folder), "command": (folder / "command.txt").read_text().strip()}
    found = {"config": {**keys, "config": config, "environment": environment, **place}}
    if sweep := sweep_of(folder):
        name = "-".join(folder.absolute().relative_to(sweep).parts)
        return {**found, "name": name, "group": study_of(sweep), "job_type": "trial"}
    return {**found, "name": folder.absolute().name, "job_type": "train"}


def scalar(value: object) -> object:
    """Lists as one types them: [512,256]."""
    return value if value is None or isinstance(value, bool | int | float | str) else show(value)


def sweep_of(folder: Path) -> Path | None:
    """The folder of the sweep that a trial's folder (3/, or 3/seed-0/) belongs to."""
    above = folder.absolute().parents[:2]
    return next((parent for parent in above if (parent / "multirun.yaml").exists()), None)


def study_of(sweep: Path) -> str:
    return str(read_yaml(sweep / "multirun.yaml").get("study") or sweep.absolute().name)


def summarised(summary: Mapping[str, Any]) -> dict[str, Any]:
    """summary.json flat: "state", "reason", "value", "test/accuracy", "best/val/accuracy", "best/epoch", …"""
    found: dict[str, Any] = {}
    for key, value in summary.items():
        inner = {f"{key}/{name}": v for name, v in value.items()} if isinstance(value, Mapping) else {key: value}
        found |= {} if key == "last" else inner  # W&B has the last row of the history by itself
    return found


def history(folder: Path) -> list[Metrics]:
    """The rows of metrics.jsonl."""
    file = folder / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
