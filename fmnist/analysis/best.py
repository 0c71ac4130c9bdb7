"""The best settings of a sweep as experiments, to be run again on something else."""

import shlex
from pathlib import Path

from fmnist.analysis.comparison import best_run, common_objective, order
from fmnist.analysis.settings import differences, settings, typed
from fmnist.config.compose import compose_config
from fmnist.errors import ConfigError
from fmnist.files import atomic
from fmnist.run.experiment_file import experiment_text
from fmnist.run.stored import find_runs
from fmnist.terminal.console import console


def write_best(folder: Path, n: int, metric: str | None = None) -> None:
    """FOLDER/experiment/best1.yaml … bestN.yaml, from the best run of each of the n best settings below the folder.

    Raises:
        ConfigError: there are fewer settings with a finished run that has the metric.
    """
    runs = [run for run in find_runs([folder]) if run.state == "finished"]
    name = metric or common_objective(runs)
    ranked = sorted((s for s in settings(runs, name) if s.judged), key=lambda setting: order(setting, name))
    if n > len(ranked):
        raise ConfigError("--n", n, f"at most {len(ranked)}, the settings with a finished run and {name}")
    keys = differences(ranked)
    names = [f"best{rank}" for rank in range(1, n + 1)]
    (folder / "experiment").mkdir(exist_ok=True)
    for experiment, setting in zip(names, ranked, strict=False):
        run = best_run(setting, name)
        text = experiment_text(run.folder, compose_config, experiment, folder)
        atomic.write_text(folder / "experiment" / f"{experiment}.yaml", text)
        console().print(f"{experiment}  {name} {run.figures[name]:.4f}  {run.folder}  {typed(setting, keys)}")
    words = ["python", "train.py", *(["-m"] if n > 1 else []), "--config-dir", str(folder)]
    console().print(shlex.join([*words, f"experiment={','.join(names)}"]))
