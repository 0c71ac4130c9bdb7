"""Is a published data set on this machine? Tests use it where it lies; they never download it."""

import os
from pathlib import Path

from fmnist.dataset.mnist_like import MnistLike

HOW = "not on this machine: set FMNIST_DATA to the folder with its four gz files"


def is_here(data: type[MnistLike]) -> bool:
    """In FMNIST_DATA, which conftest.py sets for the tests and all programs that they start."""
    home = Path(os.environ["FMNIST_DATA"])
    return any(all((folder / file).is_file() for file in data.files) for folder in (home / data.subfolder, home))
