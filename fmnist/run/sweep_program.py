"""fmnist as the program that a sweep runs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from omegaconf import DictConfig
from optuna.study import StudyDirection

from fmnist.experiment import build_experiment
from fmnist.run.experiment_file import experiment_text
from fmnist.sweep.program import Compose, Observer, Outcome, complete, failed
from fmnist.tracker.trackers import study_trackers
from fmnist.training.objective import higher_is_better


class SweepProgram:
    """Fills `fmnist.sweep.program.Program`: train.py, its experiments and the files of its runs."""

    command = ("python", "train.py")

    def check(self, config: DictConfig) -> None:
        build_experiment(config)

    def higher_is_better(self, metric: str) -> bool:
        return higher_is_better(metric)

    def outcome(self, folder: Path, objectives: Sequence[str], epoch: str) -> Outcome | None:
        """From the run's summary.json."""
        file = folder / "summary.json"
        if not file.exists():
            return None
        summary = json.loads(file.read_text())
        if summary["state"] == "pruned":
            return Outcome("PRUNED", epochs=summary["epochs"], reason=summary["reason"])
        metrics = {**summary, **summary["best" if epoch == "best" else "last"]}
        if epoch == "best" and summary["objective"] in objectives:
            metrics[summary["objective"]] = summary["value"]
        missing = [name for name in objectives if not isinstance(metrics.get(name), int | float)]
        if missing:
            numbers = sorted(name for name, value in metrics.items() if isinstance(value, int | float))
            return failed(f"the run has no {missing[0]}; it has {', '.join(numbers)}")
        return complete({name: metrics[name] for name in objectives}, summary["epochs"])

    def experiment_text(self, folder: Path, home: Path, compose: Compose) -> str:
        return experiment_text(folder, compose, home=home)

    def observer(
        self, config: DictConfig, folder: Path, study: str, objectives: Mapping[str, StudyDirection], n_finished: int
    ) -> Observer | None:
        return study_trackers(config.get("tracker"), folder, study, objectives, n_finished)
