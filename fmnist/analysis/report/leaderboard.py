"""The leaderboard: a row per setting, best first, with the keys by which it differs from the others."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fmnist.analysis.ranking import Ranking
from fmnist.analysis.settings import NESTED, Setting, set_keys


def leaderboard_columns(ranking: Ranking) -> dict[str, Any] | None:
    """Columns with their cells, row by row; None for a single run."""
    settings = ranking.settings
    if len(ranking.runs) == 1:
        return None
    found = ranking.columns()
    columns = {"rank": found["rank"], ranking.metric: found["mean"]}
    if any(std is not None for std in found["std"]):
        columns |= {"std": found["std"], "95 %": found["interval95"], "seeds": found["seeds"]}
    if any(p is not None for p in found["p"]):
        columns["p"] = found["p"]
    if not all(run.finished for run in ranking.runs):
        single = len(ranking.runs) == len(settings)
        columns |= {"state": [setting.runs[0].state for setting in settings]} if single else {"runs": found["runs"]}
    for key in informative_keys(ranking):
        values = [setting.keys.get(key, NESTED) for setting in settings]
        columns[key] = [None if value == NESTED else value for value in values]
    columns |= {"seconds": found["seconds"], "folder": found["folder"]}
    return {"columns": columns, "remarks": list(ranking.test_remarks())}


def informative_keys(ranking: Ranking) -> list[str]:
    """Without the keys that only follow from an option: `init=he` implies `init.gain=2`, unless somebody sets it."""
    implied = {key for key in ranking.keys if is_implied(key, ranking.settings)}
    by_user = {key for setting in ranking.settings for key in set_keys(setting.runs[0])} if implied else set()
    return [key for key in ranking.keys if key not in implied or key in by_user]


def is_implied(key: str, settings: Sequence[Setting]) -> bool:
    """Does each option of the key's group have one value of it?"""
    group, _, inner = key.partition(".")
    by_option = defaultdict(set)
    for setting in settings:
        by_option[setting.choices.get(group)].add(setting.keys.get(key))
    return bool(inner) and len(by_option) > 1 and all(len(values) == 1 for values in by_option.values())
