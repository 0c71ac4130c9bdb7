"""Runs that differ by their seed alone share one setting; and the keys by which settings differ."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
    """

    runs: list[StoredRun]
    metric: str
    keys: dict[str, str]

    @property
    def choices(self) -> dict[str, str]:
        return self.runs[0].choices

    @cached_property
    def measured(self) -> list[StoredRun]:
        """The finished runs that have the metric."""
        return [run for run in self.runs if run.finished and self.metric in run.metrics]

    @cached_property
    def by_seed(self) -> list[float]:
        """The metric, once per seed: the same run made twice is no evidence of a small deviation."""
        seeds = defaultdict(list)
        for run in self.measured:
            seeds[run.config.get("seed")].append(run.metrics[self.metric])
        return [mean(values) for values in seeds.values()]

    @cached_property
    def mean(self) -> float | None:
        return mean(self.by_seed) if self.by_seed else None

    @cached_property
    def deviation(self) -> float | None:
        return stdev(self.by_seed) if len(self.by_seed) > 1 else None

    @cached_property
    def half_width(self) -> float | None:
        """Of the 95 % confidence interval of the mean."""
        return confidence_half_width(self.by_seed)

    @cached_property
    def best_run(self) -> StoredRun | None:
        choose = max if higher_is_better(self.metric) else min
        return choose(self.measured, key=lambda run: run.metrics[self.metric], default=None)

    @property
    def state_counts(self) -> str:
        """How many runs are in which state: 3 finished, 1 diverged."""
        return count_states(self.runs)


def group_by_setting(runs: Iterable[StoredRun], metric: str) -> list[Setting]:
    """One for each config without its seed, in the order in which they are found."""
    groups = defaultdict(list)
    for run in runs:
        groups[json.dumps(setting_config(run.config), sort_keys=True)].append(run)
    return [Setting(group, metric, config_keys(group[0])) for group in groups.values()]


def setting_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config without the seed and without the places of files."""
    kept = {key: value for key, value in config.items() if key not in IGNORED_KEYS}
    if isinstance(dataset := kept.get("dataset"), dict):
        kept["dataset"] = {key: value for key, value in dataset.items() if key not in IGNORED_DATASET_KEYS}
    return kept


def config_keys(run: StoredRun) -> dict[str, str]:
    return {**run.choices, **{key: show(value) for key, value in flatten(setting_config(run.config))}}


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
