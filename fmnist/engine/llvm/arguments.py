"""The arguments of a kernel as machine words, made once and read in every call.

An argument is an array, a number, a tuple of numbers, None, a rule (a function) or the names of a rule's constants
(a NamedTuple class). Arrays and numbers are known at run time, everything else is compiled in.
"""

import ctypes
from collections.abc import Sequence
from types import FunctionType
from typing import Any

import numpy as np

from fmnist.interfaces import Array


class WrongArguments(TypeError):
    """Arrays that no kernel takes, whatever its loop is."""


class Arguments:
    """block: the words: of each array the address and the shape, and the address of all numbers.

    kinds: of each argument what the kernel must know of it when it is compiled.
    constants: the arguments that are compiled in; rules: the names of the functions among them.
    dtype: the type that the kernel computes in, that of the first array of floats.

    Raises:
        WrongArguments: there is no array of floats, or one is not contiguous.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        floats = [array.dtype for array in arrays if array.dtype.kind == "f"]
        if not floats:
            raise WrongArguments("there is no array of floats")
        self.dtype = floats[0]
        self.kinds = [kind_of(value) for value in values]
        self.constants = [v for v, kind in zip(values, self.kinds, strict=True) if kind == "constant"]
        flat = [number for value in values for number in numbers(value)]
        self.rules = [value.__name__ for value in self.constants if isinstance(value, FunctionType)]
        self.numbers = np.array(flat, self.dtype)
        words = [word for array in (*arrays, self.numbers) for word in (address(array), *array.shape)]
        self.block = (ctypes.c_int64 * len(words))(*words)
        self.block.owner = self  # type: ignore[attr-defined]  # the arrays live as long as their addresses


def kind_of(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array {value.dtype.str} {value.ndim}"
    if isinstance(value, tuple):
        return f"tuple {len(value)}"
    if isinstance(value, float):
        return "number"
    return "constant"


def numbers(value: Any) -> tuple[float, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, float) else ()


def address(array: Array) -> int:
    """Where the first element lies; a kernel walks through contiguous memory."""
    if not array.flags.c_contiguous:
        raise WrongArguments("an array is not contiguous")
    return array.__array_interface__["data"][0]
