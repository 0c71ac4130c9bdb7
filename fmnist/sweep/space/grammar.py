"""A dimension in Hydra's grammar, from an override of the command line or a string of the YAML file.

    a,b,c   choice(a,b,c)   choice([64],[128,64])   sort(3,1,2)   optimizer=glob(*)     choices
    range(1,5)   range(0,1,0.1)                            from start up to, not including, stop
    interval(1e-4,1e-1)   int(interval(1,8))               numbers, integers; both ends included
    tag(log,interval(1e-4,1e-1))                           on a logarithmic scale
    tag(step:2,int(interval(2,10)))                        2, 4, …, 10

A range of floats has exactly Hydra's values and is a choice, as is one that descends; a range of integers that ascends
keeps its order for the sampler. shuffle(…) is refused: a space is the same on every machine and on resuming.
"""

from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, IntervalSweep, Override, RangeSweep
from hydra.errors import HydraException
from optuna.distributions import IntDistribution

from fmnist.config import check
from fmnist.errors import ConfigError, closest
from fmnist.sweep.space.distribution import Distribution, choices, numbers

LONGEST = 10_000  # values of a range of floats, which stands in the study as a choice


def parse_override(override: str, where: str, loader: ConfigLoader | None) -> Override:
    """`loader` knows the options of a group, for glob(…).

    Raises:
        ConfigError: Hydra cannot read it; `where` is the key to name.
    """
    try:
        [parsed] = OverridesParser.create(loader).parse_overrides([override])
    except HydraException as error:
        lines = str(error).partition("\nSee https")[0].splitlines()
        reason = next(line.strip() for line in reversed(lines) if line.strip(" ^"))
        value = override.partition("=")[2]
        raise ConfigError(where, value, f"Hydra's grammar, like choice(a,b) or interval(0,1) ({reason})") from error
    return parsed


def distribution_of(override: Override, where: str) -> Distribution | None:
    """What the override sweeps over; None if it sets a plain value."""
    if not override.is_sweep_override():
        return None
    sweep = override.value()
    written = override.get_value_string()
    if isinstance(sweep, IntervalSweep):
        return numbers(where, sweep.start, sweep.end, **read_tags(sweep.tags, where))
    if isinstance(sweep, ChoiceSweep | RangeSweep):
        if sweep.tags:
            raise ConfigError(where, written, "no tags but on an interval")
        if sweep.shuffle:
            raise ConfigError(where, written, "a fixed order; sampler=random shuffles")
    elif override.config_loader is None:
        raise ConfigError(where, written, "the names one by one, where no configuration is at hand to search")
    if isinstance(sweep, RangeSweep):
        return range_distribution(sweep, where, written)
    return choices(where, list(override.sweep_iterator()))


def range_distribution(sweep: RangeSweep, where: str, written: str) -> Distribution:
    """start, start + step, … up to, not including, stop."""
    start, stop, step = sweep.start, sweep.stop, sweep.step
    if not (check.is_number(start) and check.is_number(stop) and check.is_number(step) and step):
        raise ConfigError(where, written, "a range of numbers whose step is not 0")
    if (stop - start) / step <= 0:
        raise ConfigError(where, written, "a range that is not empty")
    values = sweep.range()
    if isinstance(values, range) and step > 0:
        return IntDistribution(values[0], values[-1], step=values.step)
    if (stop - start) / step > LONGEST:
        raise ConfigError(where, written, f"a range of at most {LONGEST} values, or an interval")
    return choices(where, list(values))


def read_tags(tags: set[str], where: str) -> dict[str, Any]:
    """The tags of an interval, log and step:0.1, as arguments of `numbers`."""
    arguments: dict[str, Any] = {}
    for tag in sorted(tags):
        name, _, number = tag.partition(":")
        if tag == "log":
            arguments["log"] = True
        elif name == "step" and number and "step" not in arguments:
            arguments["step"] = parse_override(f"step={number}", where, None).value()
        else:
            raise ConfigError(where, tag, f"one tag log or one step:NUMBER{closest(name, ['log', 'step:NUMBER'])}")
    return arguments
