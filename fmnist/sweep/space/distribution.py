"""A dimension's distribution: choices, or numbers from low to high; checked, enumerated, described.

Optuna's distributions hold them. This file adds what Optuna leaves out: exact values, and types that stay distinct.
"""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import isnan
from typing import Any

from hydra.core.override_parser.types import QuotedString
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.trial import BaseTrial

from fmnist.config import check
from fmnist.errors import ConfigError
from fmnist.sweep.space.values import Value, plain, same, text

Distribution = CategoricalDistribution | IntDistribution | FloatDistribution


def choices(where: str, items: Sequence[Any]) -> CategoricalDistribution:
    """One of the items. To Optuna, as to Python, true = 1 = 1.0: a choice between them would not be one."""
    if not items:
        raise ConfigError(where, items, "at least one choice")
    values: list[Value] = []
    for item in items:
        if not (item is None or isinstance(item, QuotedString | str | bool | int | float | list | tuple | dict)):
            raise ConfigError(where, item, "null, true, false, a number, a string or a list of them")
        value = plain(item)
        if isinstance(value, float) and isnan(value):
            raise ConfigError(where, value, "a choice that equals itself, which nan does not")
        if value in values:
            twin = text(values[values.index(value)])
            raise ConfigError(where, [*items], f"choices that differ: {text(value)} is the same as {twin}")
        values.append(value)
    return CategoricalDistribution(values)


def numbers(where: str, low: Any, high: Any, log: Any = False, step: Any = None) -> IntDistribution | FloatDistribution:
    """low ≤ x ≤ high: integers if every number given is one; uniform, logarithmic, or low, low + step, …, high."""
    for name, value in {"low": low, "high": high, "step": step}.items():
        if not (check.is_number(value) or (name == "step" and value is None)):
            raise ConfigError(f"{where}.{name}", value, "a number")
    check.boolean(**{f"{where}.log": log})
    if low >= high:
        raise ConfigError(where, [low, high], "a low end below the high end")
    if log and low <= 0:
        raise ConfigError(f"{where}.low", low, "a number above 0 on a logarithmic scale")
    if step is not None:
        if log:
            raise ConfigError(f"{where}.step", step, "no step on a logarithmic scale")
        if step <= 0:
            raise ConfigError(f"{where}.step", step, "a number above 0")
        rest = (decimal(high) - decimal(low)) % decimal(step)
        if rest:
            last = decimal(high) - rest
            raise ConfigError(f"{where}.high", high, f"what steps of {step} from {low} reach, like {last}")
    if all(check.is_integer(n) for n in (low, high, 1 if step is None else step)):
        return IntDistribution(low, high, log=log, step=1 if step is None else step)
    return FloatDistribution(low, high, log=log, step=step)


def decimal(number: float) -> Decimal:
    """The number as it is written: 0.1 is a tenth."""
    return Decimal(repr(number))


def is_discrete(distribution: Distribution) -> bool:
    return not (isinstance(distribution, FloatDistribution) and distribution.step is None)


def values(distribution: BaseDistribution) -> Iterator[Value]:
    """Every value of a discrete distribution, in the order of writing or upwards."""
    match distribution:
        case CategoricalDistribution():
            yield from distribution.choices
        case IntDistribution():
            yield from range(distribution.low, distribution.high + 1, distribution.step)
        case FloatDistribution(step=float(step)):
            count = int((decimal(distribution.high) - decimal(distribution.low)) / decimal(step))
            yield from (float(decimal(distribution.low) + k * decimal(step)) for k in range(count + 1))


def exact(distribution: Distribution, value: Any) -> Value:
    """The value in its own type and bits: the third step of 0.1 is 0.3, where Optuna has 0.30000000000000004."""
    match distribution:
        case CategoricalDistribution():
            return next((choice for choice in distribution.choices if same(choice, value)), value)
        case IntDistribution():
            return int(value)
        case FloatDistribution(step=float(step)):
            k = round((float(value) - distribution.low) / step)
            return float(decimal(distribution.low) + k * decimal(step))
    return float(value)


def contains(distribution: Distribution, value: Value) -> bool:
    """Whether a trial can have this value."""
    if isinstance(distribution, IntDistribution | FloatDistribution):
        if not check.is_number(value) or not distribution.low <= value <= distribution.high:
            return False
        return distribution.step is None or not (decimal(value) - decimal(distribution.low)) % decimal(
            distribution.step
        )
    return any(same(choice, value) for choice in values(distribution))


def suggest(trial: BaseTrial, key: str, distribution: Distribution) -> Value:
    """Ask the trial for the key's value."""
    match distribution:
        case CategoricalDistribution():
            value: Any = trial.suggest_categorical(key, distribution.choices)
        case IntDistribution(low=low, high=high, step=step, log=log):
            value = trial.suggest_int(key, low, high, step=step, log=log)
        case FloatDistribution(low=low, high=high, step=step, log=log):
            value = trial.suggest_float(key, low, high, step=step, log=log)
    return exact(distribution, value)


def describe(distribution: Distribution) -> dict[str, Any]:
    """Plain JSON; choices as texts, in which 1, 1.0, true and '1' differ.

    Choices keep their order: Optuna does not go on with a study in another one.
    """
    if isinstance(distribution, CategoricalDistribution):
        return {"choice": list(map(text, distribution.choices))}
    kind = "int" if isinstance(distribution, IntDistribution) else "float"
    return {"type": kind, **json.loads(distribution_to_json(distribution))["attributes"]}


def shape(distribution: Distribution) -> str:
    """For people: "adam, nadam", "0.0001 … 0.1 log", "2 … 10 step 2"."""
    if isinstance(distribution, CategoricalDistribution):
        return ", ".join(map(text, distribution.choices))
    step = "" if distribution.step is None else f" step {distribution.step}"
    if isinstance(distribution, IntDistribution) and distribution.step == 1:
        step = " integer"
    return f"{distribution.low} … {distribution.high}{' log' * distribution.log}{step}"
