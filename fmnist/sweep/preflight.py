"""The mistakes that trials would find, found before the first one starts: each value of each dimension, once."""

from collections.abc import Iterator, Mapping
from copy import deepcopy

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from fmnist.errors import ConfigError, FmnistError, closest
from fmnist.sweep.program import Program
from fmnist.sweep.space import distribution
from fmnist.sweep.space.space import Dimension
from fmnist.sweep.space.values import Value
from fmnist.sweep.study.instantiate import build_pruner
from fmnist.sweep.study_config import StudyConfig

MOST = 100  # choices of a dimension that are tried one by one; of more, the first and the last


def check_study(study: StudyConfig, loader: ConfigLoader, program: Program) -> None:
    """Find a pruner that cannot be built, unknown options of a group, and values that the program refuses.

    A value is tried in a point that is like the first one elsewhere, as far as its conditions allow. There, an error
    about another key is one of the combination, which the search may never try.

    Raises:
        FmnistError: there is one, or nothing to search.
    """
    if not study.budget:
        raise FmnistError("there is nothing to search")
    build_pruner(study.options.pruner)
    dimensions = study.space.dimensions
    for d in dimensions:
        check_options(d, loader)
    configs = Configs(study, loader)
    first = study.first_points(1)[0]
    program.check(configs.compose(first))
    for d in dimensions:
        for value in samples(d.distribution):
            point = point_with(study, d, value, first)
            if d.key not in point or point == first:
                continue
            try:
                program.check(configs.at(point))
            except ConfigError as error:
                if f"{error.key}.".startswith(f"{d.key}."):
                    raise


def check_options(d: Dimension, loader: ConfigLoader) -> None:
    """Raise a ConfigError for a choice that is none of the group's options, as no number is."""
    options = loader.get_group_options(d.key)
    for choice in getattr(d.distribution, "choices", None) or samples(d.distribution) if options else ():
        if choice not in options:
            raise ConfigError(d.key, choice, f"one of {', '.join(options)}{closest(str(choice), options)}")


def samples(d: BaseDistribution) -> list[Value]:
    """All choices, or both ends."""
    if isinstance(d, CategoricalDistribution):
        return list(d.choices if len(d.choices) <= MOST else (d.choices[0], d.choices[-1]))
    return [d.low, d.high]  # type: ignore[attr-defined]


def point_with(study: StudyConfig, d: Dimension, value: Value, first: Mapping[str, Value]) -> dict[str, Value]:
    """A point in which the dimension has the value; it is left out where its conditions can never hold."""
    wanted = {d.key: value} | dict(conditions(d, {other.key: other for other in study.space.dimensions}))

    def choose(key: str, of: BaseDistribution) -> Value:
        if key in wanted or key in first:
            return wanted.get(key, first.get(key))
        return of.low if isinstance(of, FloatDistribution) else next(distribution.values(of))

    return study.space.point(choose, study.fixed)


def conditions(d: Dimension, dimensions: Mapping[str, Dimension]) -> Iterator[tuple[str, Value]]:
    """Values of other dimensions under which this one exists."""
    for key, allowed in d.when.items():
        if key in dimensions:
            yield from conditions(dimensions[key], dimensions)
            yield from ((key, value) for value in allowed[:1])


class Configs:
    """The configs of points. Only another option of a group is composed anew, which takes Hydra a tenth of a second."""

    def __init__(self, study: StudyConfig, loader: ConfigLoader) -> None:
        self.study, self.loader = study, loader
        self.of_groups: dict[tuple[tuple[str, Value], ...], DictConfig] = {}

    def compose(self, point: Mapping[str, Value]) -> DictConfig:
        """As a trial gets it."""
        overrides = [*self.study.fixed_overrides, *self.study.space.overrides(point)]
        OverridesParser.create(self.loader).parse_overrides(overrides)
        job = self.loader.load_sweep_config(self.study.config, overrides)
        with open_dict(job):
            del job["hydra"]
        return job

    def at(self, point: Mapping[str, Value]) -> DictConfig:
        """The same, by changing the keys in the config of another point with the same options."""
        groups = tuple((key, value) for key, value in point.items() if self.loader.get_group_options(key))
        if groups not in self.of_groups:
            self.of_groups[groups] = self.compose(point)
            return self.of_groups[groups]
        job = deepcopy(self.of_groups[groups])
        rest = {key: value for key, value in point.items() if (key, value) not in groups}
        for override in OverridesParser.create().parse_overrides(self.study.space.overrides(rest)):
            try:
                OmegaConf.update(job, override.key_or_group, override.value(), force_add=override.is_add())
            except OmegaConfBaseException:  # Hydra says better why not
                return self.compose(point)
        return job
