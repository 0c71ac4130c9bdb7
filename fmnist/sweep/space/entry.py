"""One key of a search, as the user writes it: an override of the command line, or an item of `hydra.sweeper.params`.

The YAML file takes Hydra's grammar (see grammar.py) as a string, and also: a list [he,xavier], {choice: […]},
{low: …, high: …, log: true}, {low: …, high: …, step: …} (integers if every number is one),
{space: "tag(log,interval(1e-4,1e-1))"}; each mapping may carry a condition,
when: {optimizer: [momentum, nesterov], model.norm: batch}. A plain value is not searched, but set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override

from fmnist.errors import ConfigError, closest
from fmnist.sweep.space.distribution import Distribution, choices, numbers
from fmnist.sweep.space.grammar import distribution_of, parse_override
from fmnist.sweep.space.values import Value, plain, text

PARAMS = "hydra.sweeper.params"
FORMS = ({"choice"}, {"low", "high", "log", "step"}, {"space"})
Conditions = Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True)
class Entry:
    """One key as written."""

    key: str  # "optimizer.lr", "db@backup"
    prefix: str  # "", "+", "++" or "~"
    override: str  # what fixes the key, if it is not searched
    distribution: Distribution | None = None  # of a searched key
    when: Conditions | None = None


def from_override(override: str, loader: ConfigLoader | None = None) -> Entry:
    """An override of the command line. `loader` knows the options of a group, for glob(…)."""
    parsed = parse_override(override, override.partition("=")[0].lstrip("+~"), loader)
    return make_entry(parsed, override, distribution_of(parsed, key_of(parsed)))


def from_yaml(key: str, value: Any, loader: ConfigLoader | None = None) -> Entry:
    """An item of `hydra.sweeper.params`."""
    where = f"{PARAMS}.{key}"
    override = f"{key}={value if isinstance(value, str) else ''}"
    parsed = parse_override(override, where, loader)
    if parsed.is_delete():
        raise ConfigError(where, value, "a key to search, not one to delete")
    where = f"{PARAMS}.{key_of(parsed)}"
    if isinstance(value, str):
        return make_entry(parsed, override, distribution_of(parsed, where))
    if isinstance(value, Mapping):
        return make_entry(
            parsed, override, from_mapping(key, value, where, loader), conditions(value.get("when", {}), where)
        )
    if isinstance(value, list | tuple):
        return make_entry(parsed, override, choices(where, value))
    return make_entry(parsed, f"{key}={text(value)}")


def make_entry(
    parsed: Override, override: str, distribution: Distribution | None = None, when: Conditions | None = None
) -> Entry:
    key = key_of(parsed)
    return Entry(key, parsed.get_key_element().removesuffix(key), override, distribution, when)


def key_of(parsed: Override) -> str:
    """The key without its + or ~."""
    return parsed.get_key_element().lstrip("+~")


def from_mapping(key: str, value: Mapping[str, Any], where: str, loader: ConfigLoader | None) -> Distribution:
    """{choice: …}, {low: …, high: …} or {space: …}."""
    keys = set(value) - {"when"}
    known = [*sorted(set().union(*FORMS)), "when"]
    for unknown in keys - set(known):
        raise ConfigError(where, unknown, f"of the keys {', '.join(known)}{closest(str(unknown), known)}")
    if {"low", "high"} <= keys <= FORMS[1]:
        return numbers(where, **{k: v for k, v in value.items() if k != "when"})
    if keys == {"choice"} and isinstance(value["choice"], list | tuple):
        return choices(where, value["choice"])
    if keys == {"space"} and isinstance(value["space"], str):
        distribution = distribution_of(parse_override(f"{key}={value['space']}", where, loader), where)
        if distribution is not None:
            return distribution
    raise ConfigError(where, value, "{choice: [a, b]}, {low: 1, high: 8} or {space: 'interval(0,1)'}")


def conditions(when: Any, where: str) -> Conditions:
    """{optimizer: [momentum, nesterov]}: a list is alternatives."""
    if not isinstance(when, Mapping):
        raise ConfigError(f"{where}.when", when, "keys and their values, like {optimizer: [momentum, nesterov]}")
    found = {key: tuple(map(plain, v if isinstance(v, list | tuple) else [v])) for key, v in when.items()}
    for key, allowed in found.items():
        if not allowed:
            raise ConfigError(f"{where}.when.{key}", [], "at least one value")
    return found
