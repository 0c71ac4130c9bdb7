"""Weights & Biases: a run there for every run here, and one for each study."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.config import check
from fmnist.errors import ConfigError, FmnistError, one_line
from fmnist.files.yaml import read_yaml
from fmnist.interfaces import Array, ImageTable, Metrics
from fmnist.tracker.base import BaseTracker
from fmnist.tracker.weights_and_biases import media
from fmnist.tracker.weights_and_biases.connection import Connection
from fmnist.tracker.weights_and_biases.opening import MODES, SHORT, is_disabled, prepare
from fmnist.tracker.weights_and_biases.outage import Outage
from fmnist.tracker.weights_and_biases.receipt import Receipt, known_id, read_receipt
from fmnist.tracker.weights_and_biases.run import define_metrics, finish_run, init_arguments, log_model, log_row
from fmnist.tracker.weights_and_biases.server import find_run, is_whole
from fmnist.tracker.weights_and_biases.study import WandbStudy

if TYPE_CHECKING:
    import wandb
    from optuna.study import StudyDirection


@dataclass(kw_only=True)
class Wandb(BaseTracker):
    """A trial's run has its study as the group. What fails costs one warning.

    `mode`: auto is online with credentials (`wandb login`, WANDB_API_KEY), offline without them or WANDB_MODE=offline.
    WANDB_MODE=disabled leaves wandb out altogether.
    """

    mode: str = "auto"
    project: str = "fmnist"
    entity: str | None = None
    group: str | None = None
    job_type: str | None = None
    name: str | None = None
    tags: list[str] = field(default_factory=list)
    notes: str | None = None
    timeout: float = 10.0
    artifact: bool = False

    connection: Connection | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        check.one_of(MODES, mode=self.mode)
        check.positive(timeout=self.timeout)
        check.boolean(artifact=self.artifact)
        keys = ("project", "entity", "group", "job_type", "name", "notes")
        check.text(**{key: getattr(self, key) for key in keys})
        if not isinstance(self.tags, list) or not all(isinstance(tag, str) for tag in self.tags):
            raise ConfigError("tags", self.tags, "a list of words, like [baseline,mine]")

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        if is_disabled():
            return
        self.folder = folder
        self.connection = self.connect(folder, **init_arguments(folder), id=known_id(folder))
        self.connection.submit(define_metrics)
        for metrics in history:  # those that W&B has already are left out
            self.log(metrics)

    def connect(self, folder: Path, **init: Any) -> Connection:
        """A run of W&B's in the folder; keys of the config replace the arguments `init` of wandb.init."""
        keys = {key: getattr(self, key) for key in ("project", "entity", "group", "job_type", "name", "notes")}
        init |= {key: value for key, value in keys.items() if value is not None}
        return Connection(folder, self.mode, self.timeout, **init, tags=self.tags)

    def is_online(self) -> bool:
        """Are there credentials, and nothing that says offline?"""
        return prepare(self.timeout, self.mode)[0] == "online"

    def ask(self, folder: Path, last: int, state: str | None) -> Receipt | None:
        """What the server has of a run whose last step is `last` and that ended in `state`; None: nothing is known.

        Raises:
            FmnistError: the server does not answer.
        """
        receipt, known = read_receipt(folder), known_id(folder)
        if known is None or (receipt and receipt.share(last) == "whole"):
            return receipt
        receipt = receipt or Receipt(known, "/".join(filter(None, (self.entity, self.project, known))))
        try:
            found = find_run(receipt.path, self.timeout)
        except Exception as error:  # whatever wandb raises
            raise FmnistError(f"W&B does not answer ({one_line(error)[:SHORT]})") from None
        step = max(found.step, 0) if found else 0
        whole = found is not None and is_whole(found, last) and state in (None, found.state)
        receipt = replace(receipt, uploaded=step, complete=whole)
        receipt.write(folder)
        return receipt

    def log(self, metrics: Metrics) -> None:
        if self.connection:
            log_row(self.connection, metrics)

    def finish(self, summary: Mapping[str, Any]) -> None:
        if self.connection is None:
            return
        best = self.folder / "best.npz"
        if self.artifact and best.exists():
            log_model(self.connection, best, summary)
        finish_run(self.connection, summary, self.tags)

    def log_samples(self, folder: Path, dataset: str, samples: ImageTable, classes: Sequence[str]) -> None:
        """In a run of its own, whose files go to folder/wandb/."""
        about = {"config": {"dataset": dataset}, "name": dataset, "job_type": "samples"}
        self.log_once(
            folder, lambda c, run: c.artifacts.append(media.log_samples(run, dataset, samples, classes)), **about
        )

    def log_evaluation(
        self, folder: Path, y: Array, predicted: Array, classes: Sequence[str], picture: Path, mistakes: ImageTable
    ) -> None:
        """In the training's run while it goes on; or else in one of its own, with files in folder/evaluation/wandb/."""
        shown = y, predicted, classes, picture, mistakes
        if self.connection:
            self.connection.submit(lambda run: media.summarize_evaluation(run, *shown))
        else:
            about = init_arguments(folder) | {"job_type": "evaluate"}
            self.log_once(folder / "evaluation", lambda _, run: media.log_evaluation(run, *shown), **about)

    def log_once(self, folder: Path, job: Callable[[Connection, "wandb.Run"], object], **init: Any) -> None:
        """A run that does one thing; its name and type are not those of the config, which are a training's."""
        if not is_disabled():
            connection = replace(self, name=None, job_type=None).connect(folder, **init)
            connection.submit(lambda run: job(connection, run))
            connection.finish()

    def start_study(
        self, folder: Path, name: str, directions: Mapping[str, "StudyDirection"], n_finished: int
    ) -> WandbStudy | None:
        if is_disabled():
            return None
        Outage(folder).clear()  # perhaps the server answers today
        known = known_id(folder)
        return self.open_study(folder, name, directions, n_finished if known else 0, id=known)

    def open_study(
        self, folder: Path, name: str, directions: Mapping[str, "StudyDirection"], n_sent: int = 0, **init: Any
    ) -> WandbStudy:
        """The run of a study, job type `sweep`, which has the figures of `n_sent` trials."""
        config = {"folder": str(folder), "study": name, "multirun": read_yaml(folder / "multirun.yaml")}
        settings = replace(self, name=None, job_type=None)
        connection = settings.connect(folder, config=config, name=name, group=name, job_type="sweep", **init)
        return WandbStudy(connection, directions, n_sent)
