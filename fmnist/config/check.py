"""Checks for constructors: each takes `key=value` and raises a `ConfigError` that names key and value."""

from collections.abc import Collection
from math import isfinite
from pathlib import PurePath
from typing import TypeGuard

from fmnist.errors import ConfigError, closest

MOST = 2**63 - 1  # what NumPy's and C's integers hold
LONGEST = 200  # characters of a folder's name; file systems take 255 bytes


def is_number(value: object) -> TypeGuard[float]:
    """A finite int or float; true and false are not numbers, nor is what a float cannot hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:
        return False


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


def integer(at_least: int, at_most: int = MOST, /, **values: object) -> None:
    """A whole number, `at_least` or more."""
    for key, value in values.items():
        if not (is_integer(value) and at_least <= value <= at_most):
            end = f"to {at_most}" if is_integer(value) and value > at_most else "up"
            raise ConfigError(key, value, f"a whole number from {at_least} {end}")


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


def text(**values: object) -> None:
    """null or text."""
    for key, value in values.items():
        if value is not None and not (isinstance(value, str) and value):
            raise ConfigError(key, value, "null or text (a number in quotes: '7')")


def name(**values: object) -> None:
    """null, or what a folder can be called: text without .. or a number."""
    for key, value in values.items():
        is_text = isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()
        path = PurePath(str(value) if is_text else "")
        if not (value is None or is_number(value) or (is_text and not path.is_absolute() and ".." not in path.parts)):
            raise ConfigError(key, value, f"null or a name of at most {LONGEST} characters, which a folder will have")


def folder(**values: object) -> None:
    """A folder's path; an empty one would be the current folder."""
    for key, value in values.items():
        if not ((isinstance(value, str) and value.strip() and value.isprintable()) or is_number(value)):
            raise ConfigError(key, value, "the path of a folder")
