"""Every operation as it is written."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from fmnist.engine.operation import as_operation


@dataclass(frozen=True)
class NumPy:
    """Needs nothing but NumPy. See `Engine` in interfaces.py."""

    name: ClassVar[str] = "numpy"
    description: ClassVar[str] = "numpy"

    def bind(self, operation: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        return partial(as_operation(operation).function, *arguments)
