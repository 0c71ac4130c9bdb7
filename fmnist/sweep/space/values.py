"""The values of a search space, as Hydra writes them and as Optuna stores them."""

import re
from typing import Any

from hydra.core.override_parser.types import Quote, QuotedString, Transformer

from fmnist.errors import show

Value = bool | int | float | str | None  # what Optuna can store of a categorical

BARE = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)  # a string that Hydra reads as itself …
RESERVED = {"null", "true", "false", "inf", "nan"}  # … unless it is one of these, in any case


class Literal(str):
    """A list or a mapping as Hydra's text, "[128,64]": written without quotes, unlike a string that looks like it."""

    __slots__ = ()


def text(value: object) -> str:
    """A value as Hydra reads it back, type and bits: 0.003, null, true, adam, 'a b', '1e3', [512,256]."""
    if isinstance(value, QuotedString):
        return text(value.text)
    if value is None or isinstance(value, bool | Literal):
        return show(value)
    if isinstance(value, str):
        bare = BARE.fullmatch(value) and value.lower() not in RESERVED
        return value if bare else quote(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(text, value))}]"
    if isinstance(value, dict):  # its keys cannot be quoted in Hydra's grammar, only escaped
        return f"{{{','.join(f'{Transformer.str(k)}:{text(v)}' for k, v in value.items())}}}"
    return repr(value)


def plain(value: Any) -> Value:
    """A parsed or YAML value as Optuna can store it: quotes are dropped, lists and mappings become texts."""
    if isinstance(value, QuotedString):
        return value.text
    return Literal(text(value)) if isinstance(value, list | tuple | dict) else value


def same(a: Value, b: Value) -> bool:
    """Equal as configuration: 1 is 1.0, but neither is true."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def quote(text: str) -> str:
    """A text for Hydra's grammar, whatever it contains."""
    return QuotedString(text, Quote.single).with_quotes()
