"""One leaderboard for each set of data: what was trained or tested on other examples is never ranked together."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from fmnist.analysis.differences import as_overrides, informative_keys
from fmnist.analysis.ranking import Ranking, rank
from fmnist.analysis.settings import NOT_THE_DATA, data_config, summarize
from fmnist.errors import ConfigError, closest
from fmnist.run.stored import StoredRun

COMMON = ("test/accuracy", "test/loss")  # that every finished run has, whatever its objective is


class Leaderboards(NamedTuple):
    """Rankings by one metric, that with most runs first.  remark: why it is this metric, if nobody has named it."""

    metric: str
    remark: str
    rankings: list[Ranking]


def rank_runs(runs: Sequence[StoredRun], metric: str | None = None) -> Leaderboards:
    """By the metric; without one, by the runs' objective, or by a figure that all have.

    Raises:
        ConfigError: no finished run has the metric, or the objectives differ and no figure is common to all.
    """
    metric, remark = choose_metric(runs, metric)
    groups: dict[str, list[StoredRun]] = defaultdict(list)
    for run in runs:
        groups[json.dumps(data_config(run.config), sort_keys=True)].append(run)
    if len(groups) == 1:
        return Leaderboards(metric, remark, [rank(runs, metric)])
    sections = sorted(groups.values(), key=len, reverse=True)
    rankings = [rank(section, metric, name) for section, name in zip(sections, names(sections), strict=True)]
    return Leaderboards(metric, remark, rankings)


def names(sections: Sequence[Sequence[StoredRun]]) -> list[str]:
    """What tells the data apart: dataset=digits, dataset.train_limit=1000."""
    settings = [summarize([section[0]], "") for section in sections]
    keys = [key for key in informative_keys(settings) if key.partition(".")[0] == "dataset"]
    keys = [key for key in keys if not key.endswith((f".{NOT_THE_DATA}", "._target_"))]
    return [as_overrides(setting, keys) for setting in settings]


def choose_metric(runs: Sequence[StoredRun], metric: str | None) -> tuple[str, str]:
    """The metric and the remark of `Leaderboards`."""
    finished = [run for run in runs if run.finished]
    known = sorted({name for run in finished for name in run.metrics})
    if metric is not None:
        if finished and metric not in known:
            raise ConfigError("--metric", metric, f"one of {', '.join(known)}{closest(metric, known)}")
        return metric, ""
    objectives = sorted({run.objective for run in finished or runs})
    if len(objectives) == 1:
        return choose_metric(runs, objectives[0])
    common = next((name for name in COMMON if all(name in run.metrics for run in finished)), None)
    if common is None:
        raise ConfigError("--metric", None, f"one figure for all; the runs' objectives are {', '.join(objectives)}")
    return common, f"the runs' objectives are {', '.join(objectives)}: compared by {common}, which all have"
