"""Operations as one loop each, compiled by Numba once and loaded from disk ever after.

The loop of an operation has its name and its arguments, and stands in loops.py, or in product.py with one argument
more. An operation without a loop, or with a rule that Numba cannot compile, runs as it is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from math import prod, sqrt
from types import FunctionType
from typing import Any, ClassVar

import numpy as np

from fmnist.console import say
from fmnist.engine import loops, product
from fmnist.engine.arguments import Arguments
from fmnist.engine.update import UPDATED, update_loop
from fmnist.errors import FmnistError, one_line
from fmnist.interfaces import Array
from fmnist.memory import zeros


def installed() -> bool:
    return find_spec("numba") is not None


TOLD: set[str] = set()  # what cannot be compiled: tried once, said once
SHARED = 2**22  # multiplications that are worth waking other threads for


@dataclass(frozen=True)
class Numba:
    """See `Engine` in interfaces.py.

    `threads`: of BLAS. Loops have one; with more, large matrix products are left to BLAS.

    Raises:
        FmnistError: Numba is not installed.
    """

    threads: int | None = 1

    name: ClassVar[str] = "numba"

    def __post_init__(self) -> None:
        if not installed():
            raise FmnistError("engine=numba: Numba is not installed: pip install numba, or engine=numpy")

    def bind(self, operation: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        loop = self.loop_of(operation.__name__, arguments)
        if loop is None:
            return partial(operation, *arguments)
        from fmnist.engine.kernel import kernel  # LLVM, which `--help` need not wait for

        packed = Arguments((*arguments, room(arguments)) if hasattr(product, operation.__name__) else arguments)
        name = " of ".join((operation.__name__, *packed.rules))
        if name not in TOLD:
            try:
                return partial(kernel(loop, packed), packed.block)
            except Exception as error:  # whatever Numba makes of a rule
                TOLD.add(name)
                say(f"engine=numba: NumPy runs {name}, which cannot be compiled: {one_line(error)[:200]}")
        return partial(operation, *arguments)

    def loop_of(self, operation: str, arguments: tuple[Any, ...]) -> FunctionType | None:
        """The loop of an operation, if it has one."""
        if operation == "update":
            _, scalars, *arrays = arguments
            return update_loop(states=len(arrays) - len(UPDATED), constants=len(scalars._fields))
        if hasattr(product, operation) and self.threads != 1 and multiplications(arguments) > SHARED:
            return None
        return getattr(product, operation, None) or getattr(loops, operation, None)


def multiplications(matrices: tuple[Array, ...]) -> float:
    """Of a product: (n, m) times (m, k) takes n m k."""
    return sqrt(prod(matrix.size for matrix in matrices))


ROOMS: dict[np.dtype[Any], Array] = {}


def room(matrices: tuple[Array, ...]) -> Array:
    """Memory for a product's own use while it runs, the same for all, so that it stays in the processor's cache."""
    from fmnist.engine.registers import registers

    dtype, rows = matrices[0].dtype, max(max(matrix.shape) for matrix in matrices)
    if dtype not in ROOMS or len(ROOMS[dtype]) < rows:
        ROOMS[dtype] = zeros((rows, registers().columns(dtype.itemsize)), dtype.name)
    return ROOMS[dtype]
