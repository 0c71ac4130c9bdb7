"""The keys by which settings differ, and what a setting is called among others."""

from collections import defaultdict
from collections.abc import Sequence

from fmnist.analysis.settings import NESTED, Setting
from fmnist.files.run_folder import read_overrides
from fmnist.run.stored import StoredRun

UNCLEAR = ("none", "null", "default", "linear", "constant")  # an option of several groups, or of none


def informative_keys(settings: Sequence[Setting]) -> list[str]:
    """The keys by which the settings differ, groups first, without those that only follow from an option.

    `init=he` implies `init.gain=2`: that is no difference of its own, unless somebody sets it.
    """
    keys = differing_keys(settings)
    implied = {key for key in keys if is_implied(key, settings)}
    by_user = {key for setting in settings for key in set_keys(setting.runs[0])} if implied else set()
    return [key for key in keys if key not in implied or key in by_user]


def differing_keys(settings: Sequence[Setting]) -> list[str]:
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


def is_implied(key: str, settings: Sequence[Setting]) -> bool:
    """Does each option of the key's group have one value of it?"""
    group, _, inner = key.partition(".")
    by_option = defaultdict(set)
    for setting in settings:
        by_option[setting.choices.get(group)].add(setting.keys.get(key))
    return bool(inner) and len(by_option) > 1 and all(len(values) == 1 for values in by_option.values())


def set_keys(run: StoredRun) -> set[str]:
    """The keys that the run's command line sets."""
    return {override.lstrip("+~").partition("=")[0] for override in read_overrides(run.folder)}


def as_overrides(setting: Setting, keys: Sequence[str]) -> str:
    """optimizer=adam optimizer.lr=0.01234567."""
    return " ".join(f"{key}={setting.keys[key]}" for key in keys if setting.keys.get(key, NESTED) != NESTED)


def as_label(setting: Setting, keys: Sequence[str]) -> str:
    """adam lr=0.01235: options by their name alone, each key as short as it is clear, numbers with four digits."""
    parts = []
    for key in keys:
        value = setting.keys.get(key, NESTED)
        if key in setting.choices and value.isidentifier() and value not in UNCLEAR:
            parts.append(value)
        elif value != NESTED:
            parts.append(f"{shortest(key, keys)}={four_digits(value)}")
    return " ".join(parts)


def shortest(key: str, keys: Sequence[str]) -> str:
    """The last parts of the key that no other of the keys ends with."""
    parts = key.split(".")
    ends = (".".join(parts[-n:]) for n in range(1, len(parts)))
    return next((end for end in ends if not any(k != key and f".{k}".endswith(f".{end}") for k in keys)), key)


def four_digits(value: str) -> str:
    try:
        return value if len(value) < 7 else f"{float(value):.4g}"
    except ValueError:
        return value
