"""Known-good configurations that a search tries first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import OverrideParseException
from omegaconf import DictConfig, OmegaConf

from fmnist.errors import ConfigError, closest
from fmnist.sweep.space import distribution
from fmnist.sweep.space.space import Space
from fmnist.sweep.space.values import Value, plain

KEY = "hydra.sweeper.enqueue"


def points(
    entries: Iterable[Any], space: Space, compose: Callable[[list[str]], DictConfig], experiments: Sequence[str]
) -> list[dict[str, Value]]:
    """A point of the space for each entry of `hydra.sweeper.enqueue`:

    {optimizer: adam, optimizer.lr: 0.01}    keys and values; what is left out is sampled
    "optimizer=adam optimizer.lr=0.01"       the same as overrides
    seed_best                                an option of conf/experiment/: its values of the keys that are searched

    `compose(["experiment=seed_best"])` is the config that the command line gives for these overrides.

    Raises:
        ConfigError: an entry is none of these, or lies outside the space.
    """
    found = []
    for entry in entries:
        if isinstance(entry, str) and "=" not in entry:
            values = from_experiment(entry, space, compose, experiments)
        elif isinstance(entry, str):
            values = from_overrides(entry)
        elif isinstance(entry, Mapping):
            values = {str(key): plain(value) for key, value in entry.items()}
        else:
            raise ConfigError(KEY, entry, "{key: value}, 'key=value key=value' or the name of an experiment")
        found.append(check_in_space(space, entry, values))
    return found


def from_overrides(entry: str) -> dict[str, Value]:
    try:
        overrides = OverridesParser.create().parse_overrides(entry.split())
        return {override.key_or_group: plain(override.value()) for override in overrides}
    except OverrideParseException:
        raise ConfigError(KEY, entry, "overrides as on the command line, with a blank between two") from None


def from_experiment(
    name: str, space: Space, compose: Callable[[list[str]], DictConfig], experiments: Sequence[str]
) -> dict[str, Value]:
    if name not in experiments:
        raise ConfigError(KEY, name, f"one of the experiments {', '.join(experiments)}{closest(name, experiments)}")
    config = compose([f"experiment={name}"])
    choices = config.hydra.runtime.choices

    def value(key: str) -> Value:
        found = choices[key] if key in choices else OmegaConf.select(config, key)
        return plain(OmegaConf.to_container(found) if OmegaConf.is_config(found) else found)

    return space.point(lambda key, _: value(key), value)


def check_in_space(space: Space, entry: Any, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values, if each key is searched and may have its value."""
    dimensions = {d.key: d.distribution for d in space.dimensions}
    for key, value in values.items():
        if key not in dimensions:
            allowed = f"keys that are searched: {', '.join(dimensions)}{closest(key, dimensions)}"
            raise ConfigError(KEY, entry, allowed)
        if not distribution.contains(dimensions[key], value):
            raise ConfigError(
                KEY, entry, f"a point of the space, in which {key} is {distribution.shape(dimensions[key])}"
            )
    return dict(values)
