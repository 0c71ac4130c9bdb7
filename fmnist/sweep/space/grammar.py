"""How a key's space is written: in Hydra's own grammar, or in YAML.

In a word of the command line or a string of the YAML file:

    a,b,c   choice(a,b,c)   choice([64],[128,64])   sort(3,1,2)   optimizer=glob(*)     choices
    range(1,5)   range(0,1,0.1)                            from start up to, not including, stop
    interval(1e-4,1e-1)   int(interval(1,8))               numbers, integers; both ends included
    tag(log,interval(1e-4,1e-1))                           on a logarithmic scale
    tag(step:2,int(interval(2,10)))                        2, 4, …, 10

A range of floats has exactly Hydra's values and is a choice, as is one that descends; a range of integers that ascends
keeps its order for the sampler. shuffle(…) is refused: a space is the same on every machine and on resuming.

In YAML also: a list [he,xavier], {choice: […]}, {low: …, high: …, log: true}, {low: …, high: …, step: …} (integers if
every number is one), {space: "tag(log,interval(1e-4,1e-1))"}; each mapping may carry a condition,
when: {optimizer: [momentum, nesterov], model.norm: batch}. A plain value is not searched, but set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from hydra.errors import HydraException
from optuna.distributions import BaseDistribution, IntDistribution

from fmnist.config import check
from fmnist.errors import ConfigError, closest
from fmnist.sweep.space.distribution import Value, choices, numbers, plain, text

PARAMS = "hydra.sweeper.params"
FORMS = ({"choice"}, {"low", "high", "log", "step"}, {"space"})
LONGEST = 10_000  # values of a range of floats, which stands in the study as a choice
Conditions = Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True)
class Entry:
    """One key as written."""

    key: str  # "optimizer.lr", "db@backup"
    prefix: str  # "", "+", "++" or "~"
    word: str  # what fixes the key, if it is not searched
    distribution: BaseDistribution | None = None  # of a searched key
    when: Conditions | None = None


def from_word(word: str, loader: ConfigLoader | None = None) -> Entry:
    """A word of the command line. `loader` knows the options of a group, for glob(…)."""
    override = parsed(word, word.partition("=")[0].lstrip("+~"), loader)
    return entry(override, word, space(override, name(override)))


def from_yaml(key: str, value: Any, loader: ConfigLoader | None = None) -> Entry:
    """An item of `hydra.sweeper.params`."""
    where = f"{PARAMS}.{key}"
    word = f"{key}={value if isinstance(value, str) else ''}"
    override = parsed(word, where, loader)
    if override.is_delete():
        raise ConfigError(where, value, "a key to search, not one to delete")
    where = f"{PARAMS}.{name(override)}"
    if isinstance(value, str):
        return entry(override, word, space(override, where))
    if isinstance(value, Mapping):
        return entry(override, word, mapping(key, value, where, loader), conditions(value.get("when", {}), where))
    if isinstance(value, list | tuple):
        return entry(override, word, choices(where, value))
    return entry(override, f"{key}={text(value)}")


def entry(
    override: Override, word: str, found: BaseDistribution | None = None, when: Conditions | None = None
) -> Entry:
    key = name(override)
    return Entry(key, override.get_key_element().removesuffix(key), word, found, when)


def name(override: Override) -> str:
    """The key without its + or ~."""
    return override.get_key_element().lstrip("+~")


def parsed(word: str, where: str, loader: ConfigLoader | None) -> Override:
    try:
        [override] = OverridesParser.create(loader).parse_overrides([word])
    except HydraException as error:
        lines = str(error).partition("\nSee https")[0].splitlines()
        reason = next(line.strip() for line in reversed(lines) if line.strip(" ^"))
        value = word.partition("=")[2]
        raise ConfigError(where, value, f"Hydra's grammar, like choice(a,b) or interval(0,1) ({reason})") from error
    return override


def space(override: Override, where: str) -> BaseDistribution | None:
    """What Hydra read, as a distribution; None for a plain value."""
    if not override.is_sweep_override():
        return None
    sweep = override.value()
    written = override.get_value_string()
    if isinstance(sweep, IntervalSweep):
        return numbers(where, sweep.start, sweep.end, **options(sweep.tags, where))
    if isinstance(sweep, ChoiceSweep | RangeSweep):
        if sweep.tags:
            raise ConfigError(where, written, "no tags but on an interval")
        if sweep.shuffle:
            raise ConfigError(where, written, "a fixed order; sampler=random shuffles")
    elif override.config_loader is None:
        raise ConfigError(where, written, "the names one by one, where no configuration is at hand to search")
    if isinstance(sweep, RangeSweep):
        return steps(sweep, where, written)
    return choices(where, list(override.sweep_iterator()))


def steps(sweep: RangeSweep, where: str, written: str) -> BaseDistribution:
    """start, start + step, … up to, not including, stop."""
    start, stop, step = sweep.start, sweep.stop, sweep.step
    if not (check.is_number(start) and check.is_number(stop) and check.is_number(step) and step):
        raise ConfigError(where, written, "a range of numbers whose step is not 0")
    if (stop - start) / step <= 0:
        raise ConfigError(where, written, "a range that is not empty")
    found = sweep.range()
    if isinstance(found, range) and step > 0:
        return IntDistribution(found[0], found[-1], step=found.step)
    if (stop - start) / step > LONGEST:
        raise ConfigError(where, written, f"a range of at most {LONGEST} values, or an interval")
    return choices(where, list(found))


def options(tags: set[str], where: str) -> dict[str, Any]:
    """The tags of an interval: log, step:0.1."""
    found: dict[str, Any] = {}
    for tag in sorted(tags):
        word, _, number = tag.partition(":")
        if tag == "log":
            found["log"] = True
        elif word == "step" and number and "step" not in found:
            found["step"] = parsed(f"step={number}", where, None).value()
        else:
            raise ConfigError(where, tag, f"one tag log or one step:NUMBER{closest(word, ['log', 'step:NUMBER'])}")
    return found


def mapping(key: str, value: Mapping[str, Any], where: str, loader: ConfigLoader | None) -> BaseDistribution:
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
        found = space(parsed(f"{key}={value['space']}", where, loader), where)
        if found is not None:
            return found
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
