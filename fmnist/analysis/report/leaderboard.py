"""The leaderboards: a row per setting, best first, with the keys by which it differs from the others."""

from typing import Any

from fmnist.analysis.leaderboards import Leaderboards
from fmnist.analysis.ranking import Ranking
from fmnist.analysis.settings import NESTED


def leaderboard_sections(boards: Leaderboards) -> list[dict[str, Any]]:
    """A leaderboard for each set of data; none for a single run."""
    if len(boards.rankings) == 1 and len(boards.rankings[0].runs) == 1:
        return []
    remarks = [boards.remark] if boards.remark else []
    return [
        {"data": ranking.data, "columns": leaderboard_columns(ranking), "remarks": [*ranking.doubts(), *remarks]}
        for ranking in boards.rankings
    ]


def leaderboard_columns(ranking: Ranking) -> dict[str, Any]:
    """Columns with their cells, row by row."""
    settings = ranking.settings
    found = ranking.columns()
    columns = {"rank": found["rank"], ranking.metric: found["mean"]}
    if any(std is not None for std in found["std"]):
        columns |= {"std": found["std"], "95 %": found["interval95"], "seeds": found["seeds"]}
    if any(p is not None for p in found["p"]):
        columns["p"] = found["p"]
    if not all(run.finished for run in ranking.runs):
        single = len(ranking.runs) == len(settings)
        columns |= {"state": [setting.runs[0].state for setting in settings]} if single else {"runs": found["runs"]}
    for key in ranking.keys:
        values = [setting.keys.get(key, NESTED) for setting in settings]
        columns[key] = [None if value == NESTED else value for value in values]
    return columns | {"seconds": found["seconds"], "folder": found["folder"]}
