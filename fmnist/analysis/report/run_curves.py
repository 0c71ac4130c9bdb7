"""The learning curves of the runs: of all, or of the best and an even choice of the others."""

from collections.abc import Sequence
from typing import Any

from fmnist.analysis.differences import as_label
from fmnist.analysis.ranking import Ranking
from fmnist.files.history import read_history
from fmnist.run.stored import StoredRun

METRICS = ("train/loss", "val/loss", "train/accuracy", "val/accuracy")
MOST_RUNS = 120
MOST_EPOCHS = 200


def curve_section(ranking: Ranking) -> dict[str, Any] | None:
    """The best setting first; None if no run has recorded an epoch."""
    named = [(run, as_label(setting, ranking.keys)) for setting in ranking.settings for run in setting.runs]
    curves = [curve for run, name in thin(named, MOST_RUNS) if (curve := run_curve(run, name))]
    return {"runs": curves, "of": len(named)} if curves else None


def run_curve(run: StoredRun, name: str) -> dict[str, Any] | None:
    rows = thin(read_history(run.folder), MOST_EPOCHS, best=1)
    if not rows:
        return None
    return {
        "folder": str(run.folder),
        "name": name,
        "state": run.state,
        "seed": run.config.get("seed"),
        "epoch": [row["epoch"] for row in rows],
        **{metric: [six_digits(row.get(metric)) for row in rows] for metric in METRICS if metric in rows[0]},
    }


def six_digits(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def thin(rows: Sequence[Any], most: int, best: int = 30) -> list[Any]:
    """At most so many: the first `best`, the last, and others at even distances."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - best - 1) / (most - best - 1)
    return [*rows[:best], *(rows[best + round(i * step)] for i in range(most - best))]
