"""A search space: dimensions, and the conditions under which each exists.

`optimizer.momentum` with `when: {optimizer: [momentum, nesterov]}` is neither sampled nor passed on elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from optuna.trial import BaseTrial

from fmnist.errors import ConfigError
from fmnist.sweep.space import distribution
from fmnist.sweep.space.distribution import Distribution
from fmnist.sweep.space.entry import PARAMS
from fmnist.sweep.space.values import Value, same, text


@dataclass(frozen=True)
class Dimension:
    """A key that is searched: "optimizer.lr", or a group, "optimizer"."""

    key: str
    distribution: Distribution
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)  # it exists where every key has one of these


@dataclass(frozen=True)
class Space:
    """Dimensions in the order of writing, except that each stands behind those its `when` names."""

    dimensions: tuple[Dimension, ...]
    prefixes: Mapping[str, str] = field(default_factory=dict)  # "+" of a key that the configuration does not have

    def __post_init__(self) -> None:
        object.__setattr__(self, "dimensions", sort_by_conditions(self.dimensions))

    @property
    def is_discrete(self) -> bool:
        """Whether a grid can enumerate it."""
        return all(distribution.is_discrete(d.distribution) for d in self.dimensions)

    def suggest(self, trial: BaseTrial, fixed: Callable[[str], Value]) -> dict[str, Value]:
        """Ask the trial for every dimension that exists; `fixed` knows the keys that are not searched."""
        return self.point(lambda key, d: distribution.suggest(trial, key, d), fixed)

    def point(self, value: Callable[[str, Distribution], Value], fixed: Callable[[str], Value]) -> dict[str, Value]:
        """A value for every dimension that exists, in their order, so that conditions can look back."""
        values: dict[str, Value] = {}
        for d in self.dimensions:
            if self.exists(d, values, fixed):
                values[d.key] = value(d.key, d.distribution)
        return values

    def grid(self, fixed: Callable[[str], Value]) -> Iterator[dict[str, Value]]:
        """Every combination once, in Hydra's order: the last dimension varies fastest."""
        for d in self.dimensions:
            if not distribution.is_discrete(d.distribution):
                allowed = "a choice, a range or an interval with a step, in a grid"
                raise ConfigError(d.key, distribution.shape(d.distribution), allowed)
        return self.walk({}, 0, fixed)

    def walk(self, values: dict[str, Value], i: int, fixed: Callable[[str], Value]) -> Iterator[dict[str, Value]]:
        """The combinations that begin with `values` of the first i dimensions."""
        if i == len(self.dimensions):
            yield values
            return
        d = self.dimensions[i]
        if not self.exists(d, values, fixed):
            yield from self.walk(values, i + 1, fixed)
            return
        for value in distribution.values(d.distribution):
            yield from self.walk({**values, d.key: value}, i + 1, fixed)

    def exists(self, d: Dimension, values: Mapping[str, Value], fixed: Callable[[str], Value]) -> bool:
        """Whether its conditions hold; `values` are those of the dimensions before it that exist."""
        searched = {other.key for other in self.dimensions}
        for key, allowed in d.when.items():
            if key in searched and key not in values:
                return False
            value = values[key] if key in searched else fixed(key)
            if not any(same(value, a) for a in allowed):
                return False
        return True

    def overrides(self, values: Mapping[str, Value]) -> list[str]:
        """As Hydra's overrides, which it reads back to the bit: ["optimizer=adam", "optimizer.lr=0.003"]."""
        if unknown := values.keys() - {d.key for d in self.dimensions}:
            raise KeyError(f"not in the search space: {', '.join(sorted(unknown))}")
        return [
            f"{self.prefixes.get(d.key, '')}{d.key}={text(distribution.exact(d.distribution, values[d.key]))}"
            for d in self.dimensions
            if d.key in values
        ]

    def describe(self) -> dict[str, Any]:
        """Plain JSON, equal if and only if the space is the same, in whatever order the keys are written."""
        return {
            d.key: distribution.describe(d.distribution)
            | {"when": {key: sorted(set(map(text, allowed))) for key, allowed in d.when.items()}}
            for d in self.dimensions
        }

    def lines(self) -> list[str]:
        """One line a dimension for a person: "optimizer.momentum  0.8, 0.9  when optimizer=momentum|nesterov"."""
        keys = [self.prefixes.get(d.key, "") + d.key for d in self.dimensions]
        shapes = [distribution.shape(d.distribution) for d in self.dimensions]
        width, breadth = max(map(len, keys), default=0), max(map(len, shapes), default=0)
        return [
            f"{key:{width}}  {shape:{breadth}}  {conditions(d.when)}".rstrip()
            for key, shape, d in zip(keys, shapes, self.dimensions, strict=True)
        ]


def conditions(when: Mapping[str, tuple[Value, ...]]) -> str:
    parts = [f"{key}={'|'.join(map(text, allowed))}" for key, allowed in when.items()]
    return f"when {' and '.join(parts)}" if parts else ""


def sort_by_conditions(dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
    """Each behind those its `when` names, otherwise as written."""
    left = list(dimensions)
    keys = {d.key for d in left}
    try:
        TopologicalSorter({d.key: [key for key in d.when if key in keys] for d in left}).prepare()
    except CycleError as error:
        path = error.args[1][::-1]
        allowed = "conditions that do not lead back to the key"
        raise ConfigError(f"{PARAMS}.{path[0]}.when", " → ".join(path), allowed) from None
    found: list[Dimension] = []
    while left:
        waiting = {d.key for d in left}
        ready = next(d for d in left if not waiting & d.when.keys())
        left.remove(ready)
        found.append(ready)
    return tuple(found)
