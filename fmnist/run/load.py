"""A finished run, loaded again: its parts, its data and its best network."""

from pathlib import Path
from typing import NamedTuple

from omegaconf import DictConfig, OmegaConf

from fmnist.errors import ConfigError
from fmnist.experiment import Experiment, experiment
from fmnist.files import atomic
from fmnist.interfaces import Split, Splits
from fmnist.network.network import Network
from fmnist.training.batches import Batches
from fmnist.training.generators import spawn_generators
from fmnist.training.state import part


class LoadedRun(NamedTuple):
    """The parts that the run's config describes (loss, trainer, …), its data, and the network with its best weights."""

    experiment: Experiment
    splits: Splits
    network: Network

    def batches(self, split: Split) -> Batches:
        return Batches(self.splits, split, self.experiment.trainer.precision, engine=self.experiment.engine)


def load_run(folder: Path, *, download: bool = True) -> LoadedRun:
    """Load the run in a folder; its data set is not downloaded if `download` is false.

    Raises:
        ConfigError: there is no run in the folder.
        CheckpointError: best.npz is missing, damaged or of another architecture.
        DataError: the data set cannot be had.
    """
    if not (folder / "config.yaml").exists():
        raise ConfigError("folder", folder, "the folder of a run, with its config.yaml")
    config = OmegaConf.load(folder / "config.yaml")
    assert isinstance(config, DictConfig)
    if not download and "mirrors" in config.dataset:
        config.dataset.mirrors = []
    parts = experiment(config)
    best = part(atomic.read_npz(folder / "best.npz"), "network")
    splits = parts.load()
    network = parts.network(splits, spawn_generators(parts.seed))
    network.load(best, str(folder / "best.npz"))
    return LoadedRun(parts, splits, network)
