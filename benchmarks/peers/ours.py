"""This project: its real trainer with its real callbacks, built from the config."""

import shutil
import tempfile
import weakref
from math import ceil
from pathlib import Path
from time import perf_counter

import numpy as np
from suite import Cell
from threadpoolctl import threadpool_limits

from fmnist.interfaces import Array
from fmnist.training.callback import Callback
from fmnist.training.generators import spawn_generators
from fmnist.training.state import TrainingState
from peers import Peer
from peers.start import compose_experiment, data


class Ours(Peer):
    """What train.py does between loading the data and the test set, with the rows of the windows as training part.

    A window of n steps is an epoch of n batches. What happens once an epoch (callbacks with checkpoint and
    metrics.csv, new buffers) counts for n steps of the ⌈60000 / batch⌉ that a whole epoch has.
    """

    engine = "auto"

    def __init__(self, cell: Cell, threads: int | None) -> None:
        # What comes once a run counts for no step: the pictures at its end, the tracking service.
        overrides = [f"engine={self.engine}", f"trainer.threads={'null' if threads is None else threads}"]
        overrides += ["trainer.epochs=1", "callbacks.pictures=null", "tracker=local"]
        self.parts, self.batch = compose_experiment(cell, *overrides), cell.batch
        rng = spawn_generators(self.parts.seed)
        network = self.parts.network(data(), rng)
        self.parts.optimizer.bind(network.params, self.parts.engine)
        objective = self.parts.objective.on(data())
        size, engine = data().train.size, self.parts.engine
        folder = Path(tempfile.mkdtemp(prefix="fmnist-benchmark-"))
        weakref.finalize(self, shutil.rmtree, folder)
        self.training = TrainingState(network, self.parts.optimizer, rng, objective, folder, 1, size, engine)
        self.limits = threadpool_limits(threads, user_api="blas")

    def steps(self, order: Array) -> float:
        begin = perf_counter()
        self.fit(order.ravel(), self.parts.callbacks)
        whole, steps = perf_counter() - begin, self.training.history[-1]["seconds"]
        return steps + (whole - steps) * len(order) / ceil(data().train.size / self.batch)

    def losses(self, order: Array) -> list[float]:
        """An epoch for each batch: its loss is the step's."""
        found = []
        for rows in order:
            self.fit(rows, [])
            found.append(self.training.history[-1]["train/loss"])
        return found

    def fit(self, rows: Array, callbacks: list[Callback]) -> None:
        """One epoch on these rows, in an order that the trainer draws."""
        p, whole = self.parts, data()
        splits = whole._replace(train=whole.train._replace(rows=rows), val=whole.train._replace(rows=np.arange(0)))
        self.training.history.clear()
        p.trainer.fit(self.training, splits, p.loss, p.scheduler, p.augment, callbacks)


class OursNumPy(Ours):
    engine = "numpy"
