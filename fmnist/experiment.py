"""All parts of an experiment, each built from its config group. Building does no work: mistakes show at once."""

from typing import NamedTuple

from omegaconf import DictConfig

from fmnist.config.build import build
from fmnist.config.check import is_integer
from fmnist.errors import ConfigError, closest
from fmnist.interfaces import Augment, Dataset, Engine, Scheduler, Splits
from fmnist.loss.base import Loss
from fmnist.model.base import Model
from fmnist.network.network import Network
from fmnist.optimizer.base import Optimizer
from fmnist.tracker.trackers import Trackers, build_trackers
from fmnist.training.callback import Callback
from fmnist.training.generators import Generators
from fmnist.training.objective import Objective
from fmnist.training.trainer import Trainer

GROUPS = (
    "dataset",
    "augment",
    "model",
    "activation",
    "init",
    "loss",
    "optimizer",
    "scheduler",
    "trainer",
    "engine",
    "callbacks",
    "tracker",
)
KEYS = ("seed", "objective", "study", "resume", *GROUPS)


class Experiment(NamedTuple):
    """One field per config group; activation and init are in the model."""

    dataset: Dataset
    augment: Augment
    model: Model
    loss: Loss
    optimizer: Optimizer
    scheduler: Scheduler
    trainer: Trainer
    engine: Engine
    callbacks: list[Callback]
    trackers: Trackers
    seed: int
    objective: Objective

    def load(self) -> Splits:
        """The data, found to be enough for the trainer."""
        try:
            splits = self.dataset.load()
        except ConfigError as error:
            raise error.within("dataset") from None
        self.trainer.check_data(splits)
        return splits

    def network(self, splits: Splits, rng: Generators) -> Network:
        """The network with its first weights for this data set."""
        rngs = {"init_rng": rng.init, "dropout_rng": rng.dropout}
        return self.model.network(splits.shape, splits.k, **rngs, dtype=self.trainer.precision, engine=self.engine)


def experiment(config: DictConfig) -> Experiment:
    """Build every part.

    Raises:
        ConfigError: a value is not allowed.
    """
    for key in map(str, config):
        if key not in KEYS:
            raise ConfigError(key, config[key], f"one of the keys {', '.join(KEYS)}{closest(key, KEYS)}")
    for group in GROUPS:
        if not isinstance(config.get(group), DictConfig):
            raise ConfigError(group, config.get(group), f"an option of the group, see conf/{group}/")
    if not (is_integer(config.seed) and config.seed >= 0):
        raise ConfigError("seed", config.seed, "a whole number from 0 up")
    activation, init = (build(group, config[group]) for group in ("activation", "init"))
    return Experiment(
        dataset=build("dataset", config.dataset),
        augment=build("augment", config.augment),
        model=build("model", config.model, activation=activation, init=init),
        loss=build("loss", config.loss),
        optimizer=build("optimizer", config.optimizer),
        scheduler=build("scheduler", config.scheduler),
        trainer=build("trainer", config.trainer),
        engine=build("engine", config.engine),
        callbacks=[build(f"callbacks.{name}", part) for name, part in config.callbacks.items() if part],
        trackers=build_trackers(config.tracker),
        seed=config.seed,
        objective=Objective(config.objective),
    )
