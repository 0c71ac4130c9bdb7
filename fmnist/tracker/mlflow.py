"""MLflow: a run in its local store, or on a tracking server."""

import os
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.config import check
from fmnist.errors import ConfigError, show
from fmnist.files import atomic
from fmnist.files.cache import cache_root
from fmnist.interfaces import Metrics
from fmnist.tracker.base import BaseTracker, require
from fmnist.tracker.description import hyperparameters, run_name, split_summary, study_name

STATUS = {"finished": "FINISHED", "pruned": "FINISHED", "interrupted": "KILLED"}  # of any other end: FAILED
MOST_PARAMS = 100  # that the store takes at once


@dataclass(kw_only=True)
class MLflow(BaseTracker):
    """Metrics by epoch, the config as parameters, at the end the summary: numbers as metrics, the rest as tags.

    `uri`: of a server or a store, null: MLFLOW_TRACKING_URI, or sqlite:///mlflow.db.  `name`: null: that of the folder.
    """

    uri: str | None = None
    experiment: str = "fmnist"
    name: str | None = None

    def __post_init__(self) -> None:
        check.text(uri=self.uri, name=self.name, experiment=self.experiment)
        if self.experiment is None:
            raise ConfigError("experiment", None, "the name of an experiment")
        require("mlflow", "MLflow")

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        from filelock import FileLock

        cache_root().mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        # MLflow warns of the libraries that it uses; and two processes that create a database break it.
        with warnings.catch_warnings(), FileLock(cache_root() / "mlflow.lock"):
            warnings.simplefilter("ignore")
            from mlflow.tracking import MlflowClient

            self.client = MlflowClient(tracking_uri=self.uri)
        file = folder / "mlflow_run_id.txt"
        if file.exists():
            self.run_id = file.read_text()
            self.client.update_run(self.run_id, status="RUNNING")
        else:
            self.run_id = self.create_run(folder)
            atomic.write_text(file, self.run_id)
        self.logged = int(self.client.get_run(self.run_id).data.metrics.get("epoch", 0))
        for metrics in history:
            self.log(metrics)

    def create_run(self, folder: Path) -> str:
        from mlflow.entities import Param

        tags = {"folder": str(folder.absolute()), "study": study_name(folder) or ""}
        run = self.client.create_run(self.experiment_id(), run_name=self.name or run_name(folder), tags=tags)
        run_id: str = run.info.run_id
        params = [Param(key, show(value)) for key, value in hyperparameters(folder).items()]
        for start in range(0, len(params), MOST_PARAMS):
            self.client.log_batch(run_id, params=params[start : start + MOST_PARAMS])
        return run_id

    def experiment_id(self) -> str:
        from mlflow.exceptions import MlflowException

        with suppress(MlflowException):  # there is one, perhaps just created by another trial
            return self.client.create_experiment(self.experiment)
        experiment = self.client.get_experiment_by_name(self.experiment)
        assert experiment is not None
        return experiment.experiment_id

    def log(self, metrics: Metrics) -> None:
        if metrics["epoch"] > self.logged:  # a resumed run repeats epochs after its last checkpoint
            self.log_metrics(metrics, int(metrics["epoch"]))

    def finish(self, summary: Mapping[str, Any]) -> None:
        numbers, texts = split_summary(summary)
        known = self.client.get_run(self.run_id).data.metrics
        news = {key: value for key, value in numbers.items() if known.get(key) != value}
        self.log_metrics(news, int(summary["epochs"]))
        for key, text in texts.items():
            self.client.set_tag(self.run_id, key, text)
        self.client.set_terminated(self.run_id, STATUS.get(summary["state"], "FAILED"))

    def log_metrics(self, metrics: Metrics, step: int) -> None:
        from mlflow.entities import Metric

        now = time.time_ns() // 1_000_000
        self.client.log_batch(self.run_id, metrics=[Metric(key, value, now, step) for key, value in metrics.items()])
