"""Numba where it is installed, else NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fmnist.engine.numba import Numba, is_installed
from fmnist.engine.numpy import NumPy


@dataclass(frozen=True)
class Auto:
    """The faster of the engines that are there."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "engine", Numba() if is_installed() else NumPy())

    @property
    def name(self) -> str:
        return self.engine.name  # type: ignore[attr-defined]

    @property
    def description(self) -> str:
        return self.engine.description  # type: ignore[attr-defined]

    def bind(self, operation: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        return self.engine.bind(operation, *arguments)  # type: ignore[attr-defined]
