"""Files in the run's folder: metrics.csv for people and spreadsheets, metrics.jsonl, with the norms, for programs."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.files import atomic
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


@dataclass(kw_only=True)
class Local:
    """A row and a line per epoch, written whole each time: a crash never leaves half a row."""

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        self.folder, self.rows = folder, list(history)
        self.write()

    def log(self, metrics: Metrics) -> None:
        self.rows.append(metrics)
        self.write()

    def finish(self, summary: Mapping[str, Any]) -> None: ...

    def write(self) -> None:
        table = io.StringIO()
        writer = csv.DictWriter(table, COLUMNS, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        atomic.write_text(self.folder / "metrics.csv", table.getvalue())
        atomic.write_text(self.folder / "metrics.jsonl", "".join(json.dumps(row) + "\n" for row in self.rows))
