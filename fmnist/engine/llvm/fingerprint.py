"""The key of a kernel: all that the result of a function depends on, hashed.

That is its code, its defaults and what it reads from outside (dependencies.py): numbers, containers, arrays, and
other functions with all that they depend on. What comes with Python or NumPy goes in by name; their versions are part
of every key.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, singledispatch
from hashlib import sha256
from types import CodeType, FunctionType, NoneType
from typing import Any

import numpy as np

from fmnist.engine.llvm.dependencies import find_dependencies, is_versioned

PLAIN = {NoneType, bool, int, float, complex, str, bytes, type(...)}


class Undescribable(Exception):
    """A change of the value might go unnoticed."""


def hash_values(*values: Any) -> str | None:
    """The same text for what computes the same, in any process; None for what cannot be described."""
    try:
        return hash_text(describe(values))
    except Undescribable:
        return None


def hash_text(description: Any) -> str:
    return sha256(repr(description).encode()).hexdigest()


def describe(value: Any, outer: tuple[Any, ...] = ()) -> Any:
    """The value as nested text; `outer` are the values that it is part of, which may include itself."""
    kind = type(value)
    if kind in PLAIN:
        return kind.__name__, repr(value)
    if kind is CodeType:
        return describe_code(value)
    for depth, other in enumerate(outer):
        if other is value:
            return "outer", depth
    if is_versioned(value):
        return "versioned", value.__name__
    inside = [describe(part, (*outer, value)) for part in parts(value)]
    return kind.__module__, kind.__qualname__, sorted(inside, key=repr) if kind in (set, frozenset) else inside


@cache
def describe_code(code: CodeType) -> str:
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    shape = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags, code.co_exceptiontable
    return hash_text((code.co_code, names, shape, [describe(const) for const in code.co_consts]))


@singledispatch
def parts(value: Any) -> Iterable[Any]:
    """All that a kernel can see of a value."""
    if is_dataclass(value):
        return [(f.name, getattr(value, f.name)) for f in fields(value)]
    raise Undescribable(repr(value))


@parts.register
def _(value: FunctionType) -> Iterable[Any]:
    read = find_dependencies(value)
    return value.__code__, value.__defaults__, value.__kwdefaults__, repr([*read]), *read.values()


@parts.register
def _(value: tuple | list | set | frozenset) -> Iterable[Any]:  # type: ignore[type-arg]
    return (type(value), *value) if hasattr(value, "_fields") else value


@parts.register
def _(value: dict) -> Iterable[Any]:  # type: ignore[type-arg]
    return value.items()


@parts.register
def _(value: Enum) -> Iterable[Any]:
    return value.name, value.value


@parts.register
def _(value: type) -> Iterable[Any]:
    if issubclass(value, Enum):
        return value.__qualname__, *value
    if issubclass(value, tuple) and hasattr(value, "_field_defaults"):  # a NamedTuple
        return value.__qualname__, value._fields, value._field_defaults  # type: ignore[attr-defined]
    raise Undescribable(repr(value))


@parts.register
def _(value: np.ndarray | np.generic) -> Iterable[Any]:
    return value.dtype, value.shape, value.strides, value.tobytes()


@parts.register
def _(value: np.dtype) -> Iterable[Any]:
    if value.hasobject:
        raise Undescribable(repr(value))
    return [repr(value)]
