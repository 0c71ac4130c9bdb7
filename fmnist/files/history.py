"""The epochs of a run: metrics.csv for people and spreadsheets, metrics.jsonl, with the norms, for programs."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from fmnist.files import atomic
from fmnist.files.run_folder import damage
from fmnist.interfaces import Metrics

COLUMNS = (
    "epoch",
    "train/loss",
    "train/accuracy",
    "val/loss",
    "val/accuracy",
    "lr",
    "seconds",
    "examples_per_second",
)


def write_history(folder: Path, history: Sequence[Metrics]) -> None:
    """Both files, each written whole: a crash never leaves half a row."""
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    atomic.write_text(folder / "metrics.csv", table.getvalue())
    atomic.write_text(folder / "metrics.jsonl", "".join(json.dumps(row) + "\n" for row in history))


def read_history(folder: Path) -> list[Metrics]:
    """A row of metrics per epoch; none if the run has recorded none.

    Raises:
        DamagedFile: a line is not JSON.
    """
    file = folder / "metrics.jsonl"
    if not file.exists():
        return []
    with damage(file):
        return [json.loads(line) for line in file.read_text().splitlines()]
