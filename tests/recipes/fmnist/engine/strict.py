"""NumPy that raises at the first invalid value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Strict:
    """Every operation as it is written; FloatingPointError at the first invalid value."""

    name: ClassVar[str] = "strict"
    description: ClassVar[str] = "strict"

    def bind(self, operation: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        def run() -> None:
            with np.errstate(invalid="raise"):
                operation(*arguments)

        return run
