"""The epochs of a run, from its metrics.jsonl."""

import json
from pathlib import Path

from fmnist.interfaces import Metrics


def read_history(folder: Path) -> list[Metrics]:
    """A row of metrics per epoch; none if the run has recorded none."""
    file = folder / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
