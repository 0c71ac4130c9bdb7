"""The best settings of a sweep as experiments, to be run again on something else."""

import shlex
from pathlib import Path

from fmnist.analysis.ranking import choose_metric, rank
from fmnist.analysis.settings import as_overrides, differing_keys
from fmnist.config.classes import NONE, Classes
from fmnist.config.compose import compose_config
from fmnist.errors import ConfigError
from fmnist.files import atomic
from fmnist.run.experiment_file import experiment_text
from fmnist.run.stored import find_runs
from fmnist.run.stored_config import load_config
from fmnist.terminal.console import console


def write_best_experiments(folder: Path, n: int, metric: str | None = None, own: Classes = NONE) -> None:
    """FOLDER/experiment/best1.yaml … bestN.yaml, from the best run of each of the n best settings below the folder.

    Raises:
        ConfigError: there are fewer settings with a finished run that has the metric.
        FmnistError: a run's config names a class that is neither an option of its group nor among the user's `own`.
    """
    runs = find_runs([folder])
    metric = choose_metric(runs, metric)
    best = [(setting, run) for setting in rank(runs, metric).settings if (run := setting.best_run)]
    if n > len(best):
        raise ConfigError("--n", n, f"at most {len(best)}, the settings with a finished run and {metric}")
    keys = differing_keys([setting for setting, _ in best])
    names = [f"best{i}" for i in range(1, n + 1)]
    (folder / "experiment").mkdir(exist_ok=True)
    for name, (setting, run) in zip(names, best, strict=False):
        load_config(run.folder, own)  # an experiment may name any class
        text = experiment_text(run.folder, compose_config, name, folder)
        atomic.write_text(folder / "experiment" / f"{name}.yaml", text)
        console().print(f"{name}  {metric} {run.metrics[metric]:.4f}  {run.folder}  {as_overrides(setting, keys)}")
    command = ["python", "train.py", *(["-m"] if n > 1 else []), "--config-dir", str(folder)]
    console().print(shlex.join([*command, f"experiment={','.join(names)}"]))
