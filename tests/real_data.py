"""Is a published data set on this machine? Tests use it where it lies; they never download it."""

import os
from pathlib import Path

from fmnist.dataset.mnist_like import MnistLike
from options import ROOT

HOW = "not on this machine: set FMNIST_DATA to the folder with its four gz files"


def is_here(data: type[MnistLike]) -> bool:
    places = [os.environ.get("FMNIST_DATA"), ROOT / "data", ROOT.parent / "shared" / "data"]
    folders = [folder for place in places if place for folder in (Path(place) / data.subfolder, Path(place))]
    return any(all((folder / file).is_file() for file in data.files) for folder in folders)
