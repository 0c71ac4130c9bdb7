"""Hide Numba, as if it was not installed: PYTHONPATH=tests/without_numba pytest. Python imports this when it starts."""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

HIDDEN = {"numba", "llvmlite"}


class Finder(PathFinder):
    """Finds all that Python's own does but what is hidden."""

    @classmethod
    def find_spec(cls, fullname: str, *arguments: Any) -> ModuleSpec | None:
        return None if fullname in HIDDEN else super().find_spec(fullname, *arguments)


sys.meta_path[:] = [Finder if finder is PathFinder else finder for finder in sys.meta_path]
