"""The keys of `hydra.sweeper`, checked before anything starts."""

from dataclasses import dataclass, field
from typing import Any, Literal

from fmnist.config import check
from fmnist.errors import ConfigError, closest

Direction = Literal["minimize", "maximize"]


@dataclass(kw_only=True)
class Options:
    """The meaning of each key is in the YAML file of the sweeper, conf/hydra/sweeper/fmnist_optuna.yaml."""

    sampler: dict[str, Any]
    pruner: dict[str, Any]
    params: dict[str, Any] = field(default_factory=dict)
    n_trials: int | None = None
    n_jobs: int = 1
    direction: Direction | None = None
    objectives: list[str] | None = None
    epoch: str = "best"
    seeds: int = 1
    seed: int = 1
    storage: str | None = None
    reconnect: float = 300
    trial_timeout: float | None = None
    timeout: float | None = None
    lease: float = 60.0
    retries: int = 0
    max_failures: int | None = None
    target: float | None = None
    stagnation: int | None = None
    enqueue: list[Any] = field(default_factory=list)
    duplicates: bool = False
    dry_run: bool = False
    worker: bool = False

    def __post_init__(self) -> None:
        for key in ("sampler", "pruner", "params"):
            if not isinstance(getattr(self, key), dict):
                raise ConfigError(key, getattr(self, key), "a mapping of keys")
        if not isinstance(self.enqueue, list):
            raise ConfigError("enqueue", self.enqueue, "a list of {key: value}, 'key=value key=value' or experiments")
        names = self.objectives
        if names is not None and not (isinstance(names, list) and names and all(isinstance(n, str) for n in names)):
            raise ConfigError("objectives", names, "null or a list of metrics, like [val/accuracy,seconds]")
        check.text(storage=self.storage)
        check.integer(1, n_jobs=self.n_jobs, seeds=self.seeds)
        check.integer(0, 2**31 - 1, seed=self.seed)
        check.integer(0, retries=self.retries)
        check.one_of(("best", "last"), epoch=self.epoch)
        check.boolean(dry_run=self.dry_run, duplicates=self.duplicates, worker=self.worker)
        check.positive(lease=self.lease)
        for key in ("n_trials", "max_failures", "stagnation"):
            if getattr(self, key) is not None:
                check.integer(1, **{key: getattr(self, key)})
        check.non_negative(reconnect=self.reconnect)
        for key in ("trial_timeout", "timeout"):
            if getattr(self, key) is not None:
                check.positive(**{key: getattr(self, key)})
        if self.target is not None and not check.is_number(self.target):
            raise ConfigError("target", self.target, "a number")
        if self.direction is not None:
            check.one_of(("minimize", "maximize"), direction=self.direction)


def parse_options(values: dict[str, Any]) -> Options:
    """From the plain values of the config.

    Raises:
        ConfigError: a key is unknown or its value not allowed.
    """
    known = Options.__dataclass_fields__
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"hydra.sweeper.{key}", value, f"one of {', '.join(known)}{closest(key, known)}")
    for key in ("sampler", "pruner"):
        if key not in values:
            raise ConfigError(f"hydra.sweeper.{key}", "", f"an option of the group hydra/sweeper/{key}")
    try:
        return Options(**values)
    except ConfigError as error:
        raise error.within("hydra.sweeper") from None
