"""Nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.interfaces import Metrics


@dataclass(kw_only=True)
class NoTracker:
    """Keeps nothing: the summary and the checkpoints are all that remains of the run."""

    def start(self, folder: Path, history: Sequence[Metrics]) -> None: ...

    def log(self, metrics: Metrics) -> None: ...

    def finish(self, summary: Mapping[str, Any]) -> None: ...
