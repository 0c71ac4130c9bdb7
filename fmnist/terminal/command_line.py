"""The overrides of the command line, for the errors that name them."""

import sys
from typing import NamedTuple

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString

from fmnist.config.compose import CONF
from fmnist.errors import shorten


class Word(NamedTuple):
    """An override of the command line."""

    prefix: str
    key: str
    value: str

    def parse(self) -> Override:
        return OverridesParser.create().parse_override(f"{self.key}={self.value}")

    def __str__(self) -> str:
        return f"{self.prefix}{shorten(self.key)}={shorten(self.value)}"


def read_command_line() -> list[Word]:
    """Its overrides, the last one first: that is the one which counts."""
    words = [word for word in sys.argv[1:] if not word.startswith("-") and ("=" in word or word.startswith("~"))]
    parts = [(word, *word.lstrip("+~").partition("=")) for word in reversed(words)]
    return [Word(word[: len(word) - len(word.lstrip("+~"))], key, value) for word, key, _, value in parts]


def is_unreadable(word: Word) -> bool:
    """Does Hydra's parser fail on it? Of a number with more than 4300 digits it is Python that says so."""
    try:
        word.parse()
    except Exception:
        return True
    return False


def names_no_option(word: Word) -> bool:
    """Is it a group with a list of something else than names, which Hydra fails on?"""
    value = word.parse().value() if (CONF / word.key).is_dir() else None
    return isinstance(value, list) and not all(isinstance(name, str | QuotedString) for name in value)


def of_hydra() -> list[Word]:
    """The overrides of Hydra's own keys."""
    return [word for word in read_command_line() if word.key.startswith("hydra")]
