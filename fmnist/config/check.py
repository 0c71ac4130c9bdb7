"""Checks for constructors: each takes `key=value` and raises a `ConfigError` that names key and value."""

from collections.abc import Collection
from sys import float_info
from typing import TypeGuard

from fmnist.errors import ConfigError, closest

LARGEST = float_info.max  # a whole number can be larger than any float


def is_number(value: object) -> TypeGuard[float]:
    """A finite int or float; true and false are not numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def positive(**values: object) -> None:
    """0 < value < ∞."""
    for key, value in values.items():
        if not (is_number(value) and value > 0):
            raise ConfigError(key, value, "a number above 0")


def non_negative(**values: object) -> None:
    """0 ≤ value < ∞."""
    for key, value in values.items():
        if not (is_number(value) and value >= 0):
            raise ConfigError(key, value, "a number from 0 up")


def fraction(**values: object) -> None:
    """0 ≤ value < 1."""
    for key, value in values.items():
        if not (is_number(value) and 0 <= value < 1):
            raise ConfigError(key, value, "a number from 0 up to, not including, 1")


def integer(at_least: int, **values: object) -> None:
    """A whole number, `at_least` or more."""
    for key, value in values.items():
        if not (is_integer(value) and value >= at_least):
            raise ConfigError(key, value, f"a whole number from {at_least} up")


def boolean(**values: object) -> None:
    """true or false."""
    for key, value in values.items():
        if not isinstance(value, bool):
            raise ConfigError(key, value, "true or false")


def one_of(allowed: Collection[str], **values: object) -> None:
    """One of the names; the closest one is suggested."""
    for key, value in values.items():
        if value not in tuple(allowed):
            raise ConfigError(key, value, f"one of {', '.join(allowed)}{closest(str(value), allowed)}")
