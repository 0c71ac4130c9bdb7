"""Runs that differ by their seed alone are one setting; and what tells settings apart, as one types it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from fmnist.errors import show
from fmnist.run.stored import StoredRun, read_overrides

# The seed, and where things lie: the same experiment all the same.
NOT_THE_SETTING = ("seed", "resume", "study", "paths")
THERE = "…"  # the value of an inner part, whose keys follow


@dataclass(frozen=True)
class Setting:
    """runs: all of it.  judged: the finished ones that have the metric.  states: how many runs are in which state.

    by_seed: the metric, once per seed; the same run made twice is no evidence of a small deviation.
    keys: the config as typed: {"optimizer": "adam", "optimizer.lr": "0.001"}.
    """

    runs: list[StoredRun]
    judged: list[StoredRun]
    states: Counter[str]
    by_seed: list[float]
    keys: dict[str, str]
    choices: dict[str, str]


def settings(runs: Iterable[StoredRun], metric: str) -> list[Setting]:
    """One for each config without its seed, in the order in which they were found."""
    groups = defaultdict(list)
    for run in runs:
        groups[json.dumps(essence(run.config), sort_keys=True)].append(run)
    return [setting(group, metric) for group in groups.values()]


def essence(config: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in config.items() if key not in NOT_THE_SETTING}
    if isinstance(data := kept.get("dataset"), dict):  # where its files lie makes no other data
        kept["dataset"] = {key: value for key, value in data.items() if key not in ("folder", "mirrors")}
    return kept


def setting(runs: list[StoredRun], metric: str) -> Setting:
    judged = [run for run in runs if run.state == "finished" and metric in run.figures]
    seeds = defaultdict(list)
    for run in judged:
        seeds[run.config.get("seed")].append(run.figures[metric])
    first = runs[0]
    keys = {**first.choices, **{key: show(value) for key, value in flat(essence(first.config))}}
    by_seed = [mean(values) for values in seeds.values()]
    return Setting(runs, judged, Counter(run.state for run in runs), by_seed, keys, first.choices)


def flat(config: dict[str, Any], *path: str) -> Iterable[tuple[str, Any]]:
    """The keys as typed. An inner part stands for itself too, for it may be null elsewhere; its class is left out."""
    for key, value in config.items():
        name = ".".join((*path, key))
        if isinstance(value, dict):
            if path:
                yield name, THERE
            yield from flat(value, *path, key)
        elif key != "_target_" or len(path) == 1:
            yield name, value


def differences(found: Sequence[Setting]) -> list[str]:
    """The keys that tell the settings apart, groups first."""
    keys = dict.fromkeys(key for one in found for key in one.keys)
    groups = {group for one in found for group in one.choices}
    return sorted((key for key in keys if differs(key, found)), key=lambda key: key not in groups)


def overridden(run: StoredRun) -> set[str]:
    """The keys that the run's command line sets."""
    return {word.lstrip("+~").partition("=")[0] for word in read_overrides(run.folder)}


def typed(setting: Setting, keys: Sequence[str]) -> str:
    """optimizer=adam optimizer.lr=0.01."""
    return " ".join(f"{key}={setting.keys[key]}" for key in keys if setting.keys.get(key, THERE) != THERE)


def differs(key: str, found: Sequence[Setting]) -> bool:
    """Are there two values of it among those that have it?

    That some have it not (`optimizer.momentum`) is mostly said by another key, the group's or that of its part;
    only where both settings chose the same option does it count. A group's class is said by the option's name.
    """
    group, _, inner = key.partition(".")
    by_option = defaultdict(set)
    for one in found:
        if key in one.keys or inner.count(".") == 0:
            by_option[one.choices.get(group)].add(one.keys.get(key))
    values = {one.keys[key] for one in found if key in one.keys}
    return any(len(same) > 1 for same in by_option.values()) or (len(values) > 1 and inner != "_target_")
