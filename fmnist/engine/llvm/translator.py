"""Loops and rules as functions for Numba, with all that they read from outside."""

import dis
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numba
import numpy as np

from fmnist.engine.llvm import vector_math
from fmnist.engine.llvm.dependencies import find_dependencies
from fmnist.engine.llvm.intrinsics import INTRINSICS

# Sums may be taken in another order and products fused with sums; NaN and ∞ stay what they are, or a run that
# diverges would not be noticed. The error model is NumPy's: a test before each division would forbid vectors.
FREE: dict[str, Any] = {"fastmath": {"reassoc", "contract", "arcp", "nsz", "afn"}, "error_model": "numpy"}
EXACT: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy"}

INDEXING = {"BINARY_SUBSCR": 1, "BINARY_SLICE": 2, "BUILD_SLICE": 2}  # what takes how many indices before it


class Translator:
    """What a function calls is translated too, and `np` becomes a module with our own exp and tanh.

    Numba takes a number for a float64, and the arithmetic around it would be that of float64. So the numbers of a
    rule get the type of the arrays (`typed`), which they have in NumPy as well. Constant indices stay integers.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.np = ModuleType("np")
        self.np.__dict__.update(vars(np))
        self.np.__dict__["where"] = numba.njit(**FREE)(vector_math.where)
        if dtype == np.float32:
            for function in (vector_math.exp, vector_math.expm1, vector_math.log1p, vector_math.tanh):
                self.np.__dict__[function.__name__] = self.njit(function, EXACT, typed=True)

    def njit(self, function: Any, options: dict[str, Any], *, typed: bool) -> Any:
        """The function compiled, in a world of its own."""
        code, defaults = function.__code__, function.__defaults__
        if typed:
            code, defaults = self.add_types(code), self.constant(defaults)
        names: dict[str, Any] = {}
        free: dict[str, Any] = {}
        for read, value in sorted(find_dependencies(function).items(), key=lambda item: -len(item[0].attributes)):
            scope = free if read.free else names
            *modules, last = (read.name, *read.attributes)
            for module in modules:
                scope = vars(scope.setdefault(module, ModuleType(module)))
            scope.setdefault(last, self.translate(value, options, typed))
        closure = tuple(CellType(free[name]) for name in code.co_freevars)
        twin = FunctionType(code, names, function.__name__, defaults, closure)
        return numba.njit(forceinline=typed, **options)(twin)

    def translate(self, value: Any, options: dict[str, Any], typed: bool) -> Any:
        if value is np:
            return self.np
        if isinstance(value, FunctionType):
            return INTRINSICS[value] if value in INTRINSICS else self.njit(value, options, typed=typed)
        return self.constant(value) if typed else value

    def constant(self, value: Any) -> Any:
        """Numbers, also those in tuples and in functions within functions, in the type of the arrays."""
        if type(value) in (int, float):
            return self.dtype.type(value)
        if isinstance(value, tuple):
            items = map(self.constant, value)
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        return self.add_types(value) if isinstance(value, CodeType) else value

    def add_types(self, code: CodeType) -> CodeType:
        """The code with typed constants; those that are indices, as in `COEFFICIENTS[1]`, are added as they are."""
        constants, patched = [self.constant(value) for value in code.co_consts], bytearray(code.co_code)
        instructions = list(dis.get_instructions(code))
        for position, instruction in enumerate(instructions):
            for index in instructions[position - INDEXING.get(instruction.opname, 0) : position]:
                if index.opname == "LOAD_CONST" and index.arg is not None and index.arg < 256:
                    patched[index.offset + 1] = len(constants)  # beyond 255 an error, and NumPy runs the rule
                    constants.append(index.argval)
        return code.replace(co_code=bytes(patched), co_consts=tuple(constants))
