"""Runs that differ by their seed, and by what does not change a result, share one setting."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from fmnist.analysis.statistics import confidence_half_width
from fmnist.errors import show
from fmnist.run.stored import StoredRun
from fmnist.training.objective import higher_is_better

# The seed, where files are, what computes and who watches: no other experiment. None: the whole section.
IGNORED: dict[str, tuple[str, ...] | None] = {
    **dict.fromkeys(("seed", "resume", "study", "paths", "engine", "tracker")),
    "dataset": ("folder", "mirrors"),
    "callbacks": ("progress", "pictures", "evaluation"),
}
NOT_THE_DATA = "normalize"  # of a data set's keys: the examples are the same ones, however they are scaled
NESTED = "…"  # the value of an inner part that is not null; its keys follow


@dataclass(frozen=True)
class Setting:
    """All runs with the same config but for their seed and what is IGNORED, compared by a metric.

    choices: the option of each group.
    keys: the config as it is typed: {"optimizer": "adam", "optimizer.lr": "0.001"}.
    measured: the finished runs that have the metric.  best_run: the best of them.
    by_seed: the metric, once per seed: the same run made twice is no evidence of a small deviation.
    mean, deviation, half_width (of the 95 % confidence interval): of `by_seed`; None of too few values.
    """

    runs: list[StoredRun]
    choices: dict[str, str]
    keys: dict[str, str]
    measured: list[StoredRun]
    best_run: StoredRun | None
    by_seed: list[float]
    mean: float | None
    deviation: float | None
    half_width: float | None


def group_by_setting(runs: Iterable[StoredRun], metric: str) -> list[Setting]:
    """In the order in which they are found."""
    groups = defaultdict(list)
    for run in runs:
        groups[json.dumps(setting_config(run.config), sort_keys=True)].append(run)
    return [summarize(group, metric) for group in groups.values()]


def summarize(runs: list[StoredRun], metric: str) -> Setting:
    measured = [run for run in runs if run.finished and metric in run.metrics]
    best = max if higher_is_better(metric) else min
    seeds = defaultdict(list)
    for run in measured:
        seeds[run.config.get("seed")].append(run.metrics[metric])
    by_seed = [mean(values) for values in seeds.values()]
    config = setting_config(runs[0].config)
    choices = {group: option for group, option in runs[0].choices.items() if group in config}
    if "callbacks" in choices:  # under another name, or with another picture, they are the same ones
        choices["callbacks"] = show(list(config["callbacks"]))
    return Setting(
        runs=runs,
        choices=choices,
        keys=choices | {key: show(value) for key, value in flatten(config)},
        measured=measured,
        best_run=best(measured, key=lambda run: run.metrics[metric], default=None),
        by_seed=by_seed,
        mean=mean(by_seed) if by_seed else None,
        deviation=stdev(by_seed) if len(by_seed) > 1 else None,
        half_width=confidence_half_width(by_seed),
    )


def setting_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the config that decides a result, but for the seed."""
    kept = {key: value for key, value in config.items() if IGNORED.get(key, ()) is not None}
    for key, ignored in IGNORED.items():
        if ignored and isinstance(section := kept.get(key), dict):
            kept[key] = {name: value for name, value in section.items() if name not in ignored}
    return kept


def data_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """What decides which examples are trained, validated and tested on."""
    data = setting_config(config).get("dataset") or {}
    return {key: value for key, value in data.items() if key != NOT_THE_DATA}


def flatten(config: Mapping[str, Any], *path: str) -> Iterable[tuple[str, Any]]:
    """The keys with their dots. An inner part is also a key itself, for it may be null elsewhere; its class is none."""
    for key, value in config.items():
        name = ".".join((*path, key))
        if isinstance(value, dict):
            if path:
                yield name, NESTED
            yield from flatten(value, *path, key)
        elif key != "_target_" or len(path) == 1:
            yield name, value


def count_states(runs: Iterable[StoredRun]) -> str:
    """3 finished, 1 diverged."""
    counts = Counter(run.state for run in sorted(runs, key=lambda run: not run.finished))
    return ", ".join(f"{n:,} {state}" for state, n in counts.items())
