"""Operations as one loop each, compiled by Numba once and loaded from disk ever after.

The loop of an operation has its name and its arguments, and stands in loops.py, or in product.py with one argument
more. An operation without a loop, or with a rule that Numba cannot compile, runs as it is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from math import prod, sqrt
from types import FunctionType
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import ThreadpoolController

from fmnist.engine import loops, product
from fmnist.engine.llvm.arguments import Arguments
from fmnist.engine.memory import zeros
from fmnist.engine.update import UPDATED, update_loop
from fmnist.errors import FmnistError, one_line
from fmnist.interfaces import Array
from fmnist.terminal.console import echo


def installed() -> bool:
    return find_spec("numba") is not None


TOLD: set[str] = set()  # what cannot be compiled: tried once, said once
SHARED = 2**22  # multiplications that are worth waking other threads for


@dataclass(frozen=True)
class Numba:
    """See `Engine` in interfaces.py. Loops have one thread: if BLAS has more, large matrix products are left to it.

    Raises:
        FmnistError: Numba is not installed.
    """

    name: ClassVar[str] = "numba"

    def __post_init__(self) -> None:
        if not installed():
            raise FmnistError("engine=numba: Numba is not installed: pip install numba, or engine=numpy")

    def bind(self, operation: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        loop = loop_of(operation.__name__, arguments)
        if loop is None:
            return partial(operation, *arguments)
        from fmnist.engine.llvm.kernel import kernel  # LLVM, which `--help` need not wait for

        packed = Arguments((*arguments, scratch(arguments)) if hasattr(product, operation.__name__) else arguments)
        name = " of ".join((operation.__name__, *packed.rules))
        if name not in TOLD:
            try:
                return partial(kernel(loop, packed), packed.block)
            except Exception as error:  # whatever Numba makes of a rule
                TOLD.add(name)
                echo(f"engine=numba: NumPy runs {name}, which cannot be compiled: {one_line(error)[:200]}")
        return partial(operation, *arguments)


def loop_of(operation: str, arguments: tuple[Any, ...]) -> FunctionType | None:
    """The loop of an operation, if it has one."""
    if operation == "update":
        _, scalars, *arrays = arguments
        return update_loop(states=len(arrays) - len(UPDATED), constants=len(scalars._fields))
    if hasattr(product, operation) and multiplications(arguments) > SHARED and blas_threads() > 1:
        return None
    return getattr(product, operation, None) or getattr(loops, operation, None)


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
    from fmnist.engine.llvm.registers import registers

    dtype, rows = matrices[0].dtype, max(max(matrix.shape) for matrix in matrices)
    if dtype not in SCRATCH or len(SCRATCH[dtype]) < rows:
        SCRATCH[dtype] = zeros((rows, registers().columns(dtype.itemsize)), dtype.name)
    return SCRATCH[dtype]
