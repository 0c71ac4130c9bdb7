"""Operations: a function in NumPy and the compiled loop that computes the same, declared in one place.

An operation writes its results into arrays that it is given. It is declared where it is written:

    @operation(loops.drop_backward)
    def drop_backward(mask: Array, d: Array) -> None:
        d *= mask
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from types import FunctionType
from typing import Any

SCRATCH = "scratch"  # a matrix product's last parameter: memory for its own use while it runs


@dataclass(frozen=True)
class Operation:
    """What an engine binds.

    function: NumPy's form.
    loop: the form to compile, with the same parameters; None if there is none.
    written: `loop` is not compiled itself, but writes the function to compile, given the arguments.
    product: a matrix product, which may be left to BLAS. Its loop has one parameter more, `scratch`.

    Raises:
        TypeError: the parameters of the loop are others than the function's.
    """

    function: Callable[..., None]
    loop: Callable[..., Any] | None = None
    written: bool = False
    product: bool = False

    def __post_init__(self) -> None:
        if self.loop is None:
            return
        wanted = parameters(self.function) + [SCRATCH] * self.product
        if parameters(self.loop) != wanted:
            has, needs = ", ".join(parameters(self.loop)), ", ".join(wanted)
            raise TypeError(f"the loop of {self.name} has the parameters ({has}), it needs ({needs})")

    @property
    def name(self) -> str:
        return self.function.__name__

    def __call__(self, *arguments: Any) -> None:
        self.function(*arguments)

    def loop_for(self, arguments: tuple[Any, ...]) -> FunctionType | None:
        """The function to compile for these arguments."""
        return self.loop(*arguments) if self.written and self.loop else self.loop  # type: ignore[return-value]


def operation(loop: Callable[..., Any], *, written: bool = False, product: bool = False) -> Callable[..., Operation]:
    """Declare a function in NumPy as the operation that `loop` computes."""
    return lambda function: Operation(function, loop, written, product)


def as_operation(function: Callable[..., None]) -> Operation:
    """A plain function is an operation without a loop."""
    return function if isinstance(function, Operation) else Operation(function)


def parameters(function: Callable[..., Any]) -> list[str]:
    return [str(parameter).partition(":")[0] for parameter in signature(function).parameters.values()]
