"""Settings ranked by a metric: what the table in the terminal, its CSV file and the report show."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fmnist.analysis.differences import informative_keys
from fmnist.analysis.settings import Setting, count_states, group_by_setting
from fmnist.analysis.statistics import p_values_against_first
from fmnist.files.run_folder import read_summary
from fmnist.run.stored import StoredRun
from fmnist.training.objective import higher_is_better

LEVEL = 0.05  # a smaller p-value tells two settings apart
MOST_RANKS = 12  # that are listed


@dataclass(frozen=True)
class Ranking:
    """The settings of some runs, best mean first, those without the metric last; `keys` are those that differ.

    data: what the runs were made on, if there are others on other data.
    """

    runs: Sequence[StoredRun]
    metric: str
    settings: list[Setting]
    keys: list[str]
    data: str = ""

    @cached_property
    def p_values(self) -> list[float | None]:
        """Of Welch's test of each setting against the first, with Holm's correction."""
        return p_values_against_first([setting.by_seed for setting in self.settings])

    def columns(self) -> dict[str, list[Any]]:
        """The table by column, a cell per setting; None where there is no value. The folder is the best run's."""
        settings = self.settings
        shown = [setting.best_run or setting.runs[0] for setting in settings]
        return {
            "rank": [rank if setting.measured else None for rank, setting in enumerate(settings, 1)],
            "mean": [setting.mean for setting in settings],
            "std": [setting.deviation for setting in settings],
            "interval95": [setting.half_width for setting in settings],
            "p": self.p_values,
            "seeds": [len(setting.by_seed) for setting in settings],
            "best": [setting.best_run and setting.best_run.metrics[self.metric] for setting in settings],
            "runs": [count_states(setting.runs) for setting in settings],
            "seconds": [run.metrics.get("seconds") for run in shown],
            "folder": [str(run.folder) for run in shown],
        }

    def remarks(self) -> Iterable[str]:
        """What the table leaves out."""
        runs = self.runs
        yield f"{count(len(runs), 'run')} in {count(len(self.settings), 'setting')}: {count_states(runs)}"
        if without := sum(run.finished and self.metric not in run.metrics for run in runs):
            yield f"{count(without, 'finished run')} without {self.metric}"
        if left := sum(not run.finished for run in runs):
            yield f"{count(left, 'run')} not counted: only finished ones are"
        yield from self.doubts()

    def doubts(self) -> Iterable[str]:
        """What to know before one believes the order."""
        engines = Counter(engine for run in self.runs if (engine := read_summary(run.folder).get("engine")))
        if len(engines) > 1:
            counts = ", ".join(f"{engine} ({n:,})" for engine, n in engines.most_common())
            yield f"made by several engines, whose last digits differ: {counts}"
        yield from self.test_remarks()

    def test_remarks(self) -> Iterable[str]:
        """Which settings cannot be told apart from the best one."""
        if sum(bool(setting.by_seed) for setting in self.settings) < 2 or all(
            len(s.by_seed) < 2 for s in self.settings
        ):
            return
        tested = [(rank, p) for rank, p in enumerate(self.p_values, 1) if p is not None]
        if not tested:
            yield "no test: the best setting, and one to compare it with, need two seeds or more"
            return
        corrected = f", Holm's correction for {len(tested)} tests" if len(tested) > 1 else ""
        yield f"95 %: Student's t interval of the mean; p: Welch's t-test against rank 1{corrected}"
        alike = [str(rank) for rank, p in tested if p >= LEVEL]
        listed = ", ".join([*alike[:MOST_RANKS], *(["…"] if len(alike) > MOST_RANKS else [])])
        yield f"not to be told apart from rank 1 (p ≥ {LEVEL}): {listed or 'none of those tested'}"


def rank(runs: Sequence[StoredRun], metric: str, data: str = "") -> Ranking:
    """Best mean first."""
    sign = -1 if higher_is_better(metric) else 1

    def key(setting: Setting) -> tuple[bool, float]:
        return setting.mean is None, sign * (setting.mean or 0.0)

    settings = sorted(group_by_setting(runs, metric), key=key)
    return Ranking(runs, metric, settings, informative_keys(settings), data)


def count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
