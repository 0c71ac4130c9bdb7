"""Operations as one loop each, compiled by Numba once and loaded from disk ever after.

The loop of an operation has its name and its arguments, and stands in loops.py. An operation without a loop, or with
a rule that Numba cannot compile, runs as it is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from types import FunctionType
from typing import Any, ClassVar

from fmnist.console import say
from fmnist.engine import loops
from fmnist.engine.arguments import Arguments
from fmnist.engine.update import UPDATED, update_loop
from fmnist.errors import FmnistError, one_line


def installed() -> bool:
    return find_spec("numba") is not None


TOLD: set[str] = set()  # what cannot be compiled: tried once, said once


@dataclass(frozen=True)
class Numba:
    """See `Engine` in interfaces.py.

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
        from fmnist.engine.kernel import kernel  # LLVM, which `--help` need not wait for

        packed = Arguments(arguments)
        name = " of ".join((operation.__name__, *packed.rules))
        if name not in TOLD:
            try:
                return partial(kernel(loop, packed), packed.block)
            except Exception as error:  # whatever Numba makes of a rule
                TOLD.add(name)
                say(f"engine=numba: NumPy runs {name}, which cannot be compiled: {one_line(error)[:200]}")
        return partial(operation, *arguments)


def loop_of(operation: str, arguments: tuple[Any, ...]) -> FunctionType | None:
    """The loop of an operation, if it has one."""
    if operation == "update":
        _, scalars, *arrays = arguments
        return update_loop(states=len(arrays) - len(UPDATED), constants=len(scalars._fields))
    return getattr(loops, operation, None)
