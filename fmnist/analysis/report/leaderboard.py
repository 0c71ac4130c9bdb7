"""The leaderboard: a row per setting, best first, with what tells it from the others."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from fmnist.analysis.comparison import best_run, said, verdict
from fmnist.analysis.settings import THERE, Setting, differences, overridden
from fmnist.analysis.statistics import against_first, interval


def leaderboard(ranked: Sequence[Setting], metric: str) -> dict[str, Any] | None:
    """Columns with their cells, row by row; None for a single setting with a single seed."""
    if len(ranked) == 1 and len(ranked[0].runs) == 1:
        return None
    samples = [setting.by_seed for setting in ranked]
    p_values = against_first(samples)
    keys = chosen(ranked)
    several, tested = any(len(values) > 1 for values in samples), any(p is not None for p in p_values)
    incomplete = any(setting.states.keys() != {"finished"} for setting in ranked)
    columns: dict[str, list[Any]] = {
        "rank": [rank if values else None for rank, values in enumerate(samples, 1)],
        metric: [mean(values) if values else None for values in samples],
    }
    if several:
        columns["std"] = [stdev(values) if len(values) > 1 else None for values in samples]
        columns["95 %"] = [interval(values) for values in samples]
        columns["seeds"] = [len(values) for values in samples]
    if tested:
        columns["p"] = p_values
    if incomplete:
        single = all(len(setting.runs) == 1 for setting in ranked)
        columns["state" if single else "runs"] = [
            setting.runs[0].state if single else said(setting.states) for setting in ranked
        ]
    for key in keys:
        values = [setting.keys.get(key, THERE) for setting in ranked]
        columns[key] = [None if value == THERE else value for value in values]
    shown = [best_run(setting, metric) if setting.judged else setting.runs[0] for setting in ranked]
    columns["seconds"] = [run.figures.get("seconds") for run in shown]
    columns["folder"] = [str(run.folder) for run in shown]
    return {"columns": columns, "remarks": list(verdict(samples))}


def chosen(ranked: Sequence[Setting]) -> list[str]:
    """The keys that differ and that somebody has set: that `init=he` brings `init.gain=2` is no news in a column."""
    keys = differences(ranked)
    implied = {key for key in keys if is_implied(key, ranked)}
    typed = {key for setting in ranked for key in overridden(setting.runs[0])} if implied else set()
    return [key for key in keys if key not in implied or key in typed]


def is_implied(key: str, ranked: Sequence[Setting]) -> bool:
    """Has every option of the key's group one value of it?"""
    group, _, inner = key.partition(".")
    by_option = defaultdict(set)
    for setting in ranked:
        by_option[setting.choices.get(group)].add(setting.keys.get(key))
    return bool(inner) and len(by_option) > 1 and all(len(values) == 1 for values in by_option.values())
