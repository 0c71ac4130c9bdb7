"""Runs that differ by their seed alone share one setting; and the keys by which settings differ."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from fmnist.analysis.statistics import confidence_half_width
from fmnist.errors import show
from fmnist.files.run_folder import read_overrides
from fmnist.run.stored import StoredRun
from fmnist.training.objective import higher_is_better

# The seed, and where files are: no other experiment.
IGNORED_KEYS = ("seed", "resume", "study", "paths")
IGNORED_DATASET_KEYS = ("folder", "mirrors")
NESTED = "…"  # the value of an inner part that is not null; its keys follow


@dataclass(frozen=True)
class Setting:
    """All runs with the same config but for their seed, compared by a metric.

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
    """One for each config without its seed, in the order in which they are found."""
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
    choices = runs[0].choices
    return Setting(
        runs=runs,
        choices=choices,
        keys=choices | {key: show(value) for key, value in flatten(setting_config(runs[0].config))},
        measured=measured,
        best_run=best(measured, key=lambda run: run.metrics[metric], default=None),
        by_seed=by_seed,
        mean=mean(by_seed) if by_seed else None,
        deviation=stdev(by_seed) if len(by_seed) > 1 else None,
        half_width=confidence_half_width(by_seed),
    )


def setting_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config without the seed and without the places of files."""
    kept = {key: value for key, value in config.items() if key not in IGNORED_KEYS}
    if isinstance(dataset := kept.get("dataset"), dict):
        kept["dataset"] = {key: value for key, value in dataset.items() if key not in IGNORED_DATASET_KEYS}
    return kept


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


def differing_keys(settings: Sequence[Setting]) -> list[str]:
    """The keys by which the settings differ, groups first."""
    keys = dict.fromkeys(key for setting in settings for key in setting.keys)
    groups = {group for setting in settings for group in setting.choices}
    return sorted((key for key in keys if differs(key, settings)), key=lambda key: key not in groups)


def differs(key: str, settings: Sequence[Setting]) -> bool:
    """Are there two values of the key among the settings that have it?

    That a setting does not have it (`optimizer.momentum`) mostly follows from another key, that of its group or of the
    part around it; it only counts between settings with the same option. The option stands for the group's class.
    """
    group, _, inner = key.partition(".")
    by_option = defaultdict(set)
    for setting in settings:
        if key in setting.keys or inner.count(".") == 0:
            by_option[setting.choices.get(group)].add(setting.keys.get(key))
    values = {setting.keys[key] for setting in settings if key in setting.keys}
    return any(len(same) > 1 for same in by_option.values()) or (len(values) > 1 and inner != "_target_")


def set_keys(run: StoredRun) -> set[str]:
    """The keys that the run's command line sets."""
    return {override.lstrip("+~").partition("=")[0] for override in read_overrides(run.folder)}


def as_overrides(setting: Setting, keys: Sequence[str]) -> str:
    """optimizer=adam optimizer.lr=0.01."""
    return " ".join(f"{key}={setting.keys[key]}" for key in keys if setting.keys.get(key, NESTED) != NESTED)


def count_states(runs: Iterable[StoredRun]) -> str:
    """3 finished, 1 diverged."""
    counts = Counter(run.state for run in sorted(runs, key=lambda run: not run.finished))
    return ", ".join(f"{n:,} {state}" for state, n in counts.items())
