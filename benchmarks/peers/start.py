"""Where every peer starts: the examples, and this project's first weights for the seed."""

from functools import cache
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir
from suite import Cell

import fmnist
import fmnist.config.resolvers
from fmnist.errors import DataUnavailable
from fmnist.experiment import Experiment, build_experiment
from fmnist.interfaces import Array, Split, Splits
from fmnist.training.generators import spawn_generators

CONF = Path(fmnist.__file__).parents[1] / "conf"


def compose_experiment(cell: Cell, *overrides: str) -> Experiment:
    """What train.py would build from these overrides."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return build_experiment(compose("config", overrides=[*cell.overrides(), *overrides]))


@cache
def data() -> Splits:
    """All 60,000 training images of Fashion-MNIST; random bytes where they are not to be had."""
    try:
        return compose_experiment(Cell((1,), 1), "dataset.val_fraction=0").load()
    except DataUnavailable:
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 256, (60000, 784), np.uint8), rng.integers(0, 10, 60000)
        train, none = Split(x, y, np.arange(60000)), Split(x, y, np.arange(0))
        return Splits("random bytes", train, none, none, tuple("0123456789"), (28, 28), 1 / 255, 0.0, "random")


def weights(cell: Cell) -> dict[str, Array]:
    """The first weights by name, dense1.W (inputs, outputs) and so on: not to be written to."""
    return network_weights(Cell(cell.hidden, 1, extra=cell.extra))


@cache  # composing takes a fifth of a second
def network_weights(cell: Cell) -> dict[str, Array]:
    built = compose_experiment(cell)
    return dict(built.network(data(), spawn_generators(built.seed)).params.views)


@cache
def floats() -> Array:
    """The images as the network sees them, (60000, 784) float32 from 0 to 1."""
    return np.multiply(data().train.x, np.float32(data().scale), dtype=np.float32)
