"""Where data files may be on this machine, most explicit place first."""

import os
from collections.abc import Collection
from pathlib import Path

from fmnist.files.cache import cache_root


def candidates(name: str) -> list[Path]:
    """The folders to search, in order: in each place first the data set's own folder, then the place itself."""
    here = Path.cwd()
    roots = [here / "data", here.parent / "shared" / "data", cache_root()]
    if path := os.environ.get("FMNIST_DATA"):
        roots.insert(0, Path(path).expanduser().absolute())
    return [folder for root in roots for folder in (root / name, root)]


def missing(folder: Path, files: Collection[str]) -> list[str]:
    """The files that are not in a folder."""
    return [file for file in files if not (folder / file).is_file()]


def first_complete(folders: list[Path], files: Collection[str]) -> Path | None:
    """The first folder that has all of the files."""
    return next((folder for folder in folders if not missing(folder, files)), None)
