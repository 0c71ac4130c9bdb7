"""The epochs of a run, as its metrics.jsonl tells them."""

import json
from pathlib import Path

from fmnist.errors import ConfigError
from fmnist.interfaces import Metrics


def read_history(folder: Path) -> list[Metrics]:
    """A row of metrics per epoch.

    Raises:
        ConfigError: the run has kept none (tracker=none), or has not finished an epoch.
    """
    try:
        lines = (folder / "metrics.jsonl").read_text().splitlines()
    except FileNotFoundError:
        lines = []
    if not lines:
        raise ConfigError("folder", folder, "the folder of a run with at least one epoch in its metrics.jsonl")
    return [json.loads(line) for line in lines]
