"""Operations as one loop each, compiled by Numba once and loaded from disk ever after.

An operation declares its loop (operation.py). One without a loop, or with a rule that Numba cannot compile, runs as it
is written, and a line says so once. Arguments that NumPy could not run either are an error.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.util import find_spec
from math import prod, sqrt
from types import FunctionType
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import ThreadpoolController

from fmnist.engine.compile_time import compiling
from fmnist.engine.memory import zeros
from fmnist.engine.operation import as_operation
from fmnist.errors import FmnistError, one_line
from fmnist.interfaces import Array
from fmnist.terminal.console import echo

FALLBACKS: dict[tuple[Callable[..., Any], ...], str] = {}  # an operation and its rules that NumPy runs, and why
SHARED = 2**22  # multiplications that are worth waking other threads for


def is_installed() -> bool:
    return find_spec("numba") is not None


@dataclass(frozen=True)
class Numba:
    """See `Engine` in interfaces.py. Loops have one thread: if BLAS has more, large matrix products are left to it.

    Raises:
        FmnistError: Numba is not installed.
    """

    name: ClassVar[str] = "numba"
    fallbacks: set[str] = field(default_factory=set, init=False, compare=False)  # operations that NumPy runs

    def __post_init__(self) -> None:
        if not is_installed():
            raise FmnistError("engine=numba: Numba is not installed: pip install numba, or engine=numpy")

    @property
    def description(self) -> str:
        return f"{self.name}, without {', '.join(sorted(self.fallbacks))}" if self.fallbacks else self.name

    def bind(self, operation: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        operation = as_operation(operation)
        by_numpy = partial(operation.function, *arguments)
        if operation.product:
            if multiplications(arguments) > SHARED and blas_threads() > 1:
                return by_numpy
            arguments = (*arguments, scratch(arguments))
        rules: list[Callable[..., Any]] = [value for value in arguments if isinstance(value, FunctionType)]
        what = (operation.function, *rules)
        if what not in FALLBACKS:
            with compiling():
                from fmnist.engine.llvm.arguments import WrongArguments
                from fmnist.engine.llvm.kernel import bind  # LLVM, which `--help` need not wait for

            try:
                if loop := operation.loop_for(arguments):
                    with compiling():
                        return bind(loop, arguments)
                why = "has no compiled loop"
            except WrongArguments as error:
                raise WrongArguments(f"{operation.name}: {error}") from None
            except Exception as error:  # whatever Numba makes of a rule
                try_in_numpy(by_numpy)
                why = f"cannot be compiled: {reason(error)}"
            fall_back(what, why)
        self.fallbacks.add(operation.name)
        return by_numpy


def try_in_numpy(by_numpy: partial[None]) -> None:
    """On copies. What NumPy cannot run either is no rule to fall back from, but wrong: its own error says how."""
    with np.errstate(all="ignore"):
        by_numpy.func(*deepcopy(by_numpy.args))


def fall_back(what: tuple[Callable[..., Any], ...], why: str) -> None:
    """Say once that NumPy runs it."""
    FALLBACKS[what] = why
    echo(f"engine=numba: NumPy runs {' of '.join(function.__name__ for function in what)}, which {why}")


def reason(error: Exception) -> str:
    """What Numba says, without the stages it was at."""
    return re.sub(r"Failed in nopython mode pipeline \(step: [^)]*\) ", "", one_line(error))[:200]


def multiplications(matrices: tuple[Array, ...]) -> float:
    """Of a product: (n, m) times (m, k) takes n m k."""
    return sqrt(prod(matrix.size for matrix in matrices))


def blas_threads() -> int:
    """How many BLAS may use now."""
    return max((library.num_threads for library in blas().lib_controllers), default=1)


@cache
def blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


SCRATCH: dict[np.dtype[Any], Array] = {}


def scratch(matrices: tuple[Array, ...]) -> Array:
    """Memory for a product's own use while it runs, the same for all, so that it stays in the processor's cache."""
    from fmnist.engine.llvm.registers import detect_registers

    dtype, rows = matrices[0].dtype, max(max(matrix.shape) for matrix in matrices)
    if dtype not in SCRATCH or len(SCRATCH[dtype]) < rows:
        SCRATCH[dtype] = zeros((rows, detect_registers().columns(dtype.itemsize)), dtype.name)
    return SCRATCH[dtype]
