"""What is searched, with what, and for how long: all that is known of a study before its first trial."""

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import optuna
from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig, OmegaConf

from fmnist.config import check
from fmnist.config.values import plain_value
from fmnist.errors import ConfigError
from fmnist.sweep.options import Direction, Options, parse_options
from fmnist.sweep.space.parse import parse_space
from fmnist.sweep.space.values import Value
from fmnist.sweep.study.instantiate import GRID, build_sampler

DEFAULT_TRIALS = 20


class StudyConfig:
    """The sweep that a config and the command line's overrides describe.

    space, fixed_overrides: what is searched, and the overrides that all trials share.
    objectives: maximize or minimize by metric.  sampler: its config, empty if all points of a grid are tried.
    points: where the first trials are, all of a grid.  budget: how many trials the study shall have.

    Raises:
        ConfigError: something of it is not allowed.
    """

    def __init__(
        self,
        overrides: Sequence[str],
        config: DictConfig,
        loader: ConfigLoader,
        higher_is_better: Callable[[str], bool],
    ) -> None:
        sweeper = config.hydra.sweeper
        values: dict[str, Any] = {str(key): plain_value(sweeper, str(key), "hydra.sweeper") for key in sweeper}
        self.config = config
        check.name(study=config.get("study"))
        check.folder(**{"hydra.sweep.dir": config.hydra.sweep.dir})
        self.options: Options = parse_options({key: value for key, value in values.items() if not key.startswith("_")})
        self.space, self.fixed_overrides = parse_space(self.options.params, overrides, loader)
        self.name = str(config.get("study") or Path(config.hydra.sweep.dir).name)
        objective = config.get("objective", "value")
        if not isinstance(objective, str):
            raise ConfigError("objective", objective, "the name of a metric")
        names = self.options.objectives or [objective]
        self.objectives: dict[str, Direction] = {
            name: self.options.direction or ("maximize" if higher_is_better(name) else "minimize") for name in names
        }
        rule = self.options.sampler.get(GRID)
        if rule is not None:
            check.one_of(("always", "auto"), **{f"hydra.sweeper.sampler.{GRID}": rule})
        self.is_grid = rule == "always" or (rule == "auto" and self.space.is_discrete and not self.options.params)
        if self.is_grid and not self.space.is_discrete:
            raise ConfigError(
                "hydra/sweeper/sampler", "grid", "a sampler for intervals (tpe, random, …); a grid needs choices"
            )
        self.sampler = {} if self.is_grid else self.options.sampler
        self.points: list[dict[str, Value]] = []
        if self.is_grid:
            self.points = list(self.space.grid(self.fixed))
            self.budget = min(self.options.n_trials or len(self.points), len(self.points))
        else:
            self.budget = self.options.n_trials or DEFAULT_TRIALS
            if self.space.is_discrete and not self.options.duplicates:  # there may be fewer points than trials
                self.budget = sum(1 for _ in islice(self.space.grid(self.fixed), self.budget))

    @property
    def maximize(self) -> bool:
        """Whether the first objective is maximized."""
        return next(iter(self.objectives.values())) == "maximize"

    @property
    def rerun_overrides(self) -> list[str]:
        """Those that all trials share, without the study's name."""
        return [override for override in self.fixed_overrides if not override.startswith("study=")]

    def fixed(self, key: str) -> Value:
        """The value of a key that is not searched: a group's option, or a value of the config."""
        choices = self.config.hydra.runtime.choices
        value: Value = choices[key] if key in choices else OmegaConf.select(self.config, key)
        return value

    def sampler_for(self, number: int, attempt: int = 0) -> optuna.samplers.BaseSampler:
        """The sampler for the trial of this number; a grid's points are all queued."""
        if self.is_grid:
            return optuna.samplers.RandomSampler(seed=self.options.seed + number)
        return build_sampler(self.sampler, self.options.seed, number, attempt)

    def identity(self) -> dict[str, Any]:
        """What a resumed sweep must agree with."""
        return {
            "space": self.space.describe(),
            "objectives": self.objectives,
            "epoch": self.options.epoch,
            "seeds": self.options.seeds,
            "fixed": sorted(self.rerun_overrides),
        }

    def first_points(self, n: int) -> list[dict[str, Value]]:
        """Where the search begins."""
        if self.is_grid:
            return self.points[:n]
        study = optuna.create_study(directions=list(self.objectives.values()))
        for point in islice(self.points, n):
            study.enqueue_trial(point)
        first: list[dict[str, Value]] = []
        for number in range(n):
            study.sampler = self.sampler_for(number)
            first.append(self.space.suggest(study.ask(), self.fixed))
        return first
