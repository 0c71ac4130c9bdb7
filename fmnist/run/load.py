"""A finished run, loaded again: its parts, its data and its best network."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from fmnist.config.classes import NONE, Classes
from fmnist.errors import FmnistError
from fmnist.experiment import Experiment, build_experiment
from fmnist.files import atomic
from fmnist.interfaces import Array, Split, Splits
from fmnist.loss.softmax import softmax
from fmnist.network.network import Network
from fmnist.run.stored_config import load_config
from fmnist.training.batches import Batches
from fmnist.training.evaluation import predict_probabilities
from fmnist.training.generators import spawn_generators
from fmnist.training.state import part

SMALL = 10_000_000  # bytes of what a checkpoint has beside its tensors


class LoadedRun(NamedTuple):
    """The parts that the run's config describes (loss, trainer, …), its data, and the network with its best weights."""

    experiment: Experiment
    splits: Splits
    network: Network

    def batches(self, split: Split) -> Batches:
        return Batches(self.splits, split, self.experiment.trainer.precision, engine=self.experiment.engine)

    def predict(self, images: Array) -> Array:
        """The probability of each class for each of the images, (n, k); images are (n, height, width) or (n, d).

        uint8: grey levels as the data set has them, 0 … `splits.high`; floats: from 0, black, to 1, white.

        Raises:
            FmnistError: the images have another shape or type.
        """
        splits, trainer = self.splits, self.experiment.trainer
        images = np.asarray(images)
        shapes = splits.shape, (splits.d,)
        if images.shape[1:] not in shapes or images.ndim < 2:
            allowed = " or ".join(f"(n, {', '.join(map(str, shape))})" for shape in shapes)
            raise FmnistError(f"images of shape {images.shape}: allowed is {allowed}, as those of {splits.name}")
        x = np.ascontiguousarray(images.reshape(len(images), splits.d))
        if not len(x):
            return np.empty((0, splits.k), trainer.precision)
        if x.dtype == np.uint8:
            n = len(x)
            part = Split(x, np.zeros(n, np.intp), np.arange(n))
            return predict_probabilities(self.network, self.batches(part), trainer.eval_batch_size)
        if not np.issubdtype(x.dtype, np.floating):
            raise FmnistError(f"images of type {x.dtype}: allowed is uint8 (grey levels), or floats from 0 to 1")
        x = (splits.scale * splits.high * x + splits.shift).astype(trainer.precision)
        starts = range(0, len(x), trainer.eval_batch_size)
        return np.concatenate([softmax(self.network.forward(x[i : i + trainer.eval_batch_size])) for i in starts])


def load_run(folder: Path | str, *, download: bool = True, own: Classes = NONE) -> LoadedRun:
    """Load the run in a folder; its data set is not downloaded if `download` is false.

    own: the user's classes that the run's config may name beside those of conf/.

    Raises:
        ConfigError: there is no run in the folder, or its config has a value that is not allowed.
        FmnistError: its config cannot be read, or names another class.
        CheckpointError: best.npz is missing, damaged or of another architecture.
        DataError: the data set cannot be had.
    """
    folder = Path(folder)
    config = load_config(folder, own)
    if not download and "mirrors" in config.dataset:
        config.dataset.mirrors = []
    parts = build_experiment(config)
    splits = parts.load()
    network = parts.network(splits, spawn_generators(parts.seed))
    file, size = folder / "best.npz", sum(array.nbytes for array in network.state().values())
    network.load(part(atomic.read_npz(file, limit=2 * size + SMALL), "network"), str(file))
    return LoadedRun(parts, splits, network)
