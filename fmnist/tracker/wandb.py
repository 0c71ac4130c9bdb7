"""Weights & Biases, beside the local files, which remain the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.config import check
from fmnist.errors import ConfigError
from fmnist.interfaces import Metrics
from fmnist.tracker.connection import MODES, Connection, is_disabled, known_id
from fmnist.tracker.description import GOOD_ENDS, described, summarised
from fmnist.tracker.local import Local

if TYPE_CHECKING:
    import wandb


@dataclass(kw_only=True)
class Wandb(Local):
    """A run in W&B for every run; a trial's run has its study as the group. What fails there is said, and no more.

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
        if not isinstance(self.tags, list) or not all(isinstance(tag, str) for tag in self.tags):
            raise ConfigError("tags", self.tags, "a list of words, like [baseline,mine]")

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        super().start(folder, history)
        if is_disabled():
            return
        before = known_id(folder)
        self.connection = self.connect(folder, **described(folder), id=before)
        self.connection.do(define)
        for metrics in [] if before else history:
            self.send(metrics)

    def connect(self, folder: Path, **init: Any) -> Connection:
        """A run of W&B's in the folder; the config's own words go before those of the code."""
        asked = {key: getattr(self, key) for key in ("project", "entity", "group", "job_type", "name", "notes")}
        init |= {key: value for key, value in asked.items() if value is not None}
        return Connection(folder, self.mode, self.timeout, **init, tags=self.tags)

    def log(self, metrics: Metrics) -> None:
        super().log(metrics)
        self.send(metrics)

    def send(self, metrics: Metrics) -> None:
        if self.connection:
            self.connection.do(lambda run: run.log(metrics, step=int(metrics["epoch"]), commit=True))

    def finish(self, summary: Mapping[str, Any]) -> None:
        if self.connection is None:
            return
        best = self.folder / "best.npz"
        if self.artifact and best.exists():
            self.connection.do(lambda run: run.log_artifact(model(run, best, summary)))
        close(self.connection, summary, self.tags)


def define(run: "wandb.Run") -> None:
    """Every metric is drawn against the epoch."""
    run.define_metric("epoch")
    run.define_metric("*", step_metric="epoch")


def model(run: "wandb.Run", best: Path, summary: Mapping[str, Any]) -> "wandb.Artifact":
    import wandb

    artifact = wandb.Artifact(f"network-{run.id}", type="model", metadata=summarised(summary))
    artifact.add_file(str(best), policy="immutable")  # no copy of it
    return artifact


def close(connection: Connection, summary: Mapping[str, Any], tags: Sequence[str]) -> None:
    """The last words of a run: its summary, its state as a tag, failed if it did not come to a good end."""

    def tell(run: "wandb.Run") -> None:
        run.summary.update(summarised(summary))
        run.tags = (*tags, summary["state"])

    connection.do(tell)
    connection.finish(0 if summary["state"] in GOOD_ENDS else 1)
