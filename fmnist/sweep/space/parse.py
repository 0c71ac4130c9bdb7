"""A search space from the YAML file and the command line.

The file's dimensions come first, then those of the command line, which can also replace one or take it out:

    optimizer.lr=interval(0.01,0.1)    replaces the dimension, under the condition that the file gives to it
    optimizer.lr=0.1                   is not searched any more
"""

from collections.abc import Mapping, Sequence
from typing import Any

from hydra.core.config_loader import ConfigLoader

from fmnist.errors import ConfigError, closest, show
from fmnist.sweep.space import distribution
from fmnist.sweep.space.entry import PARAMS, from_override, from_yaml
from fmnist.sweep.space.space import Dimension, Space, sort_by_conditions


def parse_space(
    params: Mapping[str, Any], overrides: Sequence[str], loader: ConfigLoader | None = None
) -> tuple[Space, list[str]]:
    """The space of `hydra.sweeper.params` and the command line's overrides, and the overrides that fix a key.

    `loader` is Hydra's, for optimizer=glob(*), which is refused without it.
    """
    dimensions: dict[str, Dimension] = {}
    prefixes: dict[str, str] = {}
    fixed: dict[str, tuple[str, str]] = {}  # (key, override) by the key with its prefix: ~a and +a=1 may both stand
    for entry in [from_yaml(key, value, loader) for key, value in params.items()]:
        if entry.distribution is None:
            fixed[entry.prefix + entry.key] = (entry.key, entry.override)
        else:
            dimensions[entry.key] = Dimension(entry.key, entry.distribution, entry.when or {})
            prefixes[entry.key] = entry.prefix
    check_conditions(dimensions)
    when = {d.key: d.when for d in sort_by_conditions(dimensions.values())}
    of_file = set(fixed)
    for entry in [from_override(override, loader) for override in overrides]:
        prefixed = [k for k, (key, _) in fixed.items() if key == entry.key]
        if entry.distribution is None:
            dimensions.pop(entry.key, None)
            gone = of_file & set(prefixed) - {entry.prefix + entry.key}
        else:
            dimensions[entry.key] = Dimension(entry.key, entry.distribution, when.get(entry.key, {}))
            prefixes[entry.key] = entry.prefix or prefixes.get(entry.key, "")
            gone = {k for k in prefixed if not k.startswith("~")}
        for k in gone:
            del fixed[k]
        if entry.distribution is None:
            fixed[entry.prefix + entry.key] = (entry.key, entry.override)
    space = Space(tuple(dimensions.values()), {key: p for key, p in prefixes.items() if p and key in dimensions})
    return space, [override for _, override in fixed.values()]


def check_conditions(dimensions: Mapping[str, Dimension]) -> None:
    """A condition of the file that the file itself can never meet is a typo; the command line may narrow a choice."""
    for d in dimensions.values():
        for key, allowed in d.when.items():
            if key not in dimensions:
                continue
            other = dimensions[key].distribution
            for value in allowed:
                if not distribution.contains(other, value):
                    names = distribution.shape(other)
                    hint = closest(show(value), names.split(", "))
                    raise ConfigError(f"{PARAMS}.{d.key}.when.{key}", value, f"among {names}{hint}")
