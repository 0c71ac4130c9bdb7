"""All parts of an experiment, each built from its config group. Building does no work: mistakes show at once."""

from dataclasses import fields
from typing import NamedTuple

import numpy as np
from omegaconf import DictConfig, OmegaConf

from fmnist.activation.base import Activation
from fmnist.config import check
from fmnist.config.build import build_part
from fmnist.config.values import plain_value
from fmnist.errors import ConfigError, FmnistError, closest, shorten, show
from fmnist.interfaces import Augment, Dataset, Engine, Init, Scheduler, Splits
from fmnist.loss.base import Loss
from fmnist.model.base import Model
from fmnist.network.network import Network
from fmnist.optimizer.base import Optimizer
from fmnist.tracker.trackers import Trackers, build_trackers
from fmnist.training.callback import Callback
from fmnist.training.generators import Generators
from fmnist.training.memory import estimate_memory, gigabytes
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
        self.check_memory(splits)
        return splits

    def check_memory(self, splits: Splits) -> None:
        """Raises FmnistError when the training needs more memory than the machine, or a container, has."""
        from fmnist.engine.machine import memory_size

        trainer, model = self.trainer, self.model
        layers = [layer for _, layer in model.named_layers(splits.shape, splits.k, np.random.default_rng())]
        rows = max(trainer.batch_size, min(trainer.eval_batch_size, max(splits.val.size, splits.test.size)))
        needed = estimate_memory(layers, splits.d, rows, self.optimizer, trainer.precision)
        if needed > (memory := memory_size()):
            values = {f"model.{f.name}": getattr(model, f.name) for f in fields(model)}
            values |= {"trainer.batch_size": trainer.batch_size, "trainer.eval_batch_size": trainer.eval_batch_size}
            keys = [f"{key}={show(value)}" for key, value in values.items() if isinstance(value, int | list) and value]
            raise FmnistError(
                f"{shorten(' '.join(keys), 300)}: parameters, gradient, the optimizer's state and a batch's outputs"
                f" would need {gigabytes(needed)} of memory; this machine has {gigabytes(memory)}"
            )

    def network(self, splits: Splits, rng: Generators) -> Network:
        """The network with its first weights for this data set."""
        rngs = {"init_rng": rng.init, "dropout_rng": rng.dropout}
        return self.model.network(splits.shape, splits.k, **rngs, dtype=self.trainer.precision, engine=self.engine)


def build_experiment(config: DictConfig) -> Experiment:
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
    for key in config.callbacks:
        if not (config.callbacks[key] is None or OmegaConf.is_dict(config.callbacks[key])):
            raise ConfigError(f"callbacks.{key}", config.callbacks[key], "null, which leaves it out, or its keys")
    for key in ("seed", "objective"):
        if key not in config:
            raise ConfigError(key, "", "a value")
    plain = {key: plain_value(config, key) for key in ("seed", "objective", "study", "resume") if key in config}
    check.integer(0, seed=plain["seed"])
    check.name(study=plain.get("study"))
    check.text(resume=plain.get("resume"))
    activation = build_part("activation", config.activation, Activation)
    init = build_part("init", config.init, Init)
    return Experiment(
        dataset=build_part("dataset", config.dataset, Dataset),
        augment=build_part("augment", config.augment, Augment),
        model=build_part("model", config.model, Model, activation=activation, init=init),
        loss=build_part("loss", config.loss, Loss),
        optimizer=build_part("optimizer", config.optimizer, Optimizer),
        scheduler=build_part("scheduler", config.scheduler, Scheduler),
        trainer=build_part("trainer", config.trainer, Trainer),
        engine=build_part("engine", config.engine, Engine),
        callbacks=[build_part(f"callbacks.{key}", part, Callback) for key, part in config.callbacks.items() if part],
        trackers=build_trackers(config.tracker),
        seed=plain["seed"],
        objective=Objective(plain["objective"]),
    )
