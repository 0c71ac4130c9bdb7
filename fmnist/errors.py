"""Errors that a user can fix: each is one line on the terminal, without a traceback, and an exit code."""

from collections.abc import Iterable
from difflib import get_close_matches
from errno import EDQUOT, EFBIG, ENOSPC

DISK_FULL = (ENOSPC, EDQUOT, EFBIG)  # numbers of an OSError


class FmnistError(Exception):
    """A mistake or a problem outside the code; `str(error)` is the whole message for the user."""

    exit_code = 2


class ConfigError(FmnistError):
    """A key has a value that is not allowed: "optimizer.lr=-1: allowed is a number above 0"."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        self.key, self.value, self.allowed = key, value, allowed
        super().__init__(f"{key}={shorten(show(value))}: allowed is {allowed}")

    def within(self, group: str) -> "ConfigError":
        """The same error with the group before the key, as the user types it."""
        return ConfigError(f"{group}.{self.key}", self.value, self.allowed)


class DataError(FmnistError):
    """A data file is missing, truncated or not the expected one."""


class DataUnavailable(DataError):
    """The data set is not on this machine and cannot be downloaded."""

    exit_code = 3


class CheckpointError(FmnistError):
    """A checkpoint cannot be read, or belongs to another network."""


class DamagedFile(FmnistError):
    """A file of a run or a sweep is not what was written there."""

    def __init__(self, file: object, reason: str) -> None:
        super().__init__(f"{file}: {reason}")


class Diverged(FmnistError):
    """The loss became NaN or infinite."""

    exit_code = 1


class Terminated(KeyboardInterrupt):
    """A signal asks the program to end; it does so as by Ctrl-C. The message is the signal's name."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(name)
        self.exit_code = 128 + number


def one_line(error: BaseException) -> str:
    """The error's message on one line, without Hydra's link to its documentation and OmegaConf's remarks on types."""
    text = str(error).partition("\nSee https")[0].partition("\n    full_key:")[0]
    return shorten(" ".join(map(shorten, text.split())), 500)


def shorten(text: str, longest: int = 80) -> str:
    """The text without line breaks and other invisible characters; of a long one, its beginning and its length."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= longest else f"{text[: longest // 2]}… ({len(text)} characters)"


def show(value: object) -> str:
    """A value as it is typed on the command line: null, true, [64,32]."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(show(v) for v in value)}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{key}:{show(v)}' for key, v in value.items())}}}"
    return str(value)


def closest(name: str, names: Iterable[str]) -> str:
    """A hint for a misspelt name, or an empty string: ' (did you mean adam?)'."""
    match = get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f" (did you mean {match[0]}?)" if match else ""
