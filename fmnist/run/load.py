"""A finished run, loaded again: its parts, its data and its best network."""

from pathlib import Path
from typing import NamedTuple

from fmnist.config.classes import NONE, Classes
from fmnist.experiment import Experiment, experiment
from fmnist.files import atomic
from fmnist.interfaces import Split, Splits
from fmnist.network.network import Network
from fmnist.run.stored_config import load_config
from fmnist.training.batches import Batches
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


def load_run(folder: Path, *, download: bool = True, own: Classes = NONE) -> LoadedRun:
    """Load the run in a folder; its data set is not downloaded if `download` is false.

    own: the user's classes that the run's config may name beside those of conf/.

    Raises:
        ConfigError: there is no run in the folder, or its config has a value that is not allowed.
        FmnistError: its config cannot be read, or names another class.
        CheckpointError: best.npz is missing, damaged or of another architecture.
        DataError: the data set cannot be had.
    """
    config = load_config(folder, own)
    if not download and "mirrors" in config.dataset:
        config.dataset.mirrors = []
    parts = experiment(config)
    splits = parts.load()
    network = parts.network(splits, spawn_generators(parts.seed))
    file, size = folder / "best.npz", sum(array.nbytes for array in network.state().values())
    network.load(part(atomic.read_npz(file, limit=2 * size + SMALL), "network"), str(file))
    return LoadedRun(parts, splits, network)
