"""TensorBoard: event files in the run's folder, which gives the run its name there."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmnist.interfaces import Metrics
from fmnist.tracker.base import BaseTracker, require
from fmnist.tracker.description import hyperparameters, run_name, split_summary


@dataclass(kw_only=True)
class TensorBoard(BaseTracker):
    """Scalars by epoch, the config for the HParams tab, and the summary: numbers as scalars, the rest as text."""

    def __post_init__(self) -> None:
        require("tensorboard", "TensorBoard")

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        # The history has all epochs; earlier files may have some that came after the last checkpoint.
        for file in folder.glob("events.out.tfevents.*"):
            file.unlink()
        self.writer = EventFileWriter(str(folder))
        self.add(0, session_log=SessionLog(status=SessionLog.START))  # a TensorBoard that is open forgets them, too
        values = {key: "null" if value is None else value for key, value in hyperparameters(folder).items()}
        self.add(0, summary=hparams_pb(values, trial_id=run_name(folder)))
        for metrics in history:
            self.log(metrics)

    def log(self, metrics: Metrics) -> None:
        self.add_scalars(int(metrics["epoch"]), metrics)
        self.writer.flush()

    def finish(self, summary: Mapping[str, Any]) -> None:
        from tensorboard.plugins.text.summary_v2 import text_pb

        step = int(summary["epochs"])
        numbers, texts = split_summary(summary)
        self.add_scalars(step, numbers)
        for tag, text in texts.items():
            self.add(step, summary=text_pb(tag, text))
        self.writer.close()

    def add_scalars(self, step: int, scalars: Mapping[str, float]) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        self.add(step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=x) for tag, x in scalars.items()]))

    def add(self, step: int, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self.writer.add_event(Event(wall_time=time.time(), step=step, **content))
