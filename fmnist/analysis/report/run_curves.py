"""Learning curves: every run up to a limit, beyond it the best and an even choice of the others."""

import json
from collections.abc import Sequence
from typing import Any

from fmnist.analysis.settings import Setting, differences, typed
from fmnist.run.stored import StoredRun

METRICS = ("train/loss", "val/loss", "train/accuracy", "val/accuracy")
MOST_RUNS = 120
MOST_EPOCHS = 200


def curves(runs: Sequence[StoredRun], ranked: Sequence[Setting]) -> dict[str, Any] | None:
    """The best setting first; None if no run has recorded an epoch."""
    keys = differences(ranked)
    ordered = [(run, typed(setting, keys)) for setting in ranked for run in setting.runs]
    shown = [curve for run, name in thinned(ordered, MOST_RUNS) if (curve := curve_of(run, name))]
    return {"runs": shown, "of": len(runs)} if shown else None


def curve_of(run: StoredRun, name: str) -> dict[str, Any] | None:
    try:
        rows = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
    except FileNotFoundError:
        return None
    if not rows:
        return None
    rows = thinned(rows, MOST_EPOCHS, best=1)
    names = [name for name in METRICS if name in rows[0]]
    return {
        "folder": str(run.folder),
        "name": name,
        "state": run.state,
        "seed": run.config.get("seed"),
        "epoch": [row["epoch"] for row in rows],
        **{name: [rounded(row.get(name)) for row in rows] for name in names},
    }


def rounded(value: float | None) -> float | None:
    """Six digits are more than a screen has pixels."""
    return None if value is None else float(f"{value:.6g}")


def thinned(rows: Sequence[Any], most: int, best: int = 30) -> list[Any]:
    """At most so many: the first `best`, the last, and others at even distances."""
    if len(rows) <= most:
        return list(rows)
    rest = range(best, len(rows))
    step = (len(rest) - 1) / (most - best - 1)
    return [*rows[:best], *(rows[best + round(i * step)] for i in range(most - best))]
