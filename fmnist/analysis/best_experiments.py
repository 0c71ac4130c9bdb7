"""The best settings of a sweep as experiments, to be run again on something else."""

import shlex
from pathlib import Path

from fmnist.analysis.differences import as_overrides, informative_keys
from fmnist.analysis.leaderboards import Leaderboards, rank_runs
from fmnist.analysis.ranking import Ranking
from fmnist.config.classes import NONE, Classes
from fmnist.config.compose import compose_config
from fmnist.errors import ConfigError
from fmnist.files import atomic
from fmnist.run.experiment_file import experiment_text
from fmnist.run.stored import find_runs
from fmnist.run.stored_config import load_config
from fmnist.terminal.console import get_console


def write_best_experiments(
    folder: Path, n: int, metric: str | None = None, data: str | None = None, own: Classes = NONE
) -> None:
    """FOLDER/experiment/best1.yaml … bestN.yaml, from the best run of each of the n best settings below the folder.

    If there are fewer settings with a finished run that has the metric, these.

    Raises:
        ConfigError: there is none, or the runs were made on several sets of data and `data` names none of them.
        FmnistError: a run's config names a class that is neither an option of its group nor among the user's `own`.
    """
    boards = rank_runs(find_runs([folder]), metric)
    ranking = choose_data(boards, data)
    best = [(setting, run) for setting in ranking.settings if (run := setting.best_run)][:n]
    if not best:
        raise ConfigError("folder", folder, f"one with a finished run that has {boards.metric}")
    keys = informative_keys([setting for setting, _ in best])
    names = [f"best{i}" for i in range(1, len(best) + 1)]
    (folder / "experiment").mkdir(exist_ok=True)
    for name, (setting, run) in zip(names, best, strict=True):
        load_config(run.folder, own)  # an experiment may name any class
        text = experiment_text(run.folder, compose_config, name, folder)
        atomic.write_text(folder / "experiment" / f"{name}.yaml", text)
        value = f"{boards.metric} {run.metrics[boards.metric]:.4f}"
        get_console().print(f"{name}  {value}  {run.folder}  {as_overrides(setting, keys)}".rstrip())
    if boards.remark:
        get_console().print(boards.remark)
    if len(best) < n:
        get_console().print(f"{len(best)} of the {n} asked for: there are no more settings with a finished run")
    command = ["python", "train.py", *(["-m"] if len(best) > 1 else []), "--config-dir", str(folder)]
    get_console().print(shlex.join([*command, f"experiment={','.join(names)}"]))


def choose_data(boards: Leaderboards, data: str | None) -> Ranking:
    """The ranking on the data that are named; the only one, if none are."""
    rankings = {ranking.data: ranking for ranking in boards.rankings}
    if data is None and len(rankings) == 1:
        return boards.rankings[0]
    if data not in rankings:
        several = f"one of {', '.join(map(shlex.quote, rankings))}: the runs were made on several sets of data"
        raise ConfigError("--data", data, several if len(rankings) > 1 else "nothing: all runs have the same data")
    return rankings[data]
