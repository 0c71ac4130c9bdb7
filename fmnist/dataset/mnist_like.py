"""The base class of MNIST and data sets in its format: four IDX files, found on this machine or downloaded."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from fmnist.dataset.idx import Checksums, open_idx
from fmnist.dataset.images import Images, Published
from fmnist.dataset.places import candidates, first_complete, missing
from fmnist.errors import ConfigError, DataError, DataUnavailable
from fmnist.files.cache import cache_root
from fmnist.interfaces import Split

log = logging.getLogger("fmnist")


@dataclass(frozen=True, kw_only=True)
class MnistLike(Images):
    """A subclass gives the names and checksums of its four gz files; any folder with files that match will do."""

    name: ClassVar[str]
    subfolder: ClassVar[str]  # the data set's own folder inside each place
    files: ClassVar[Mapping[str, Checksums]]  # by name: train images, train labels, test images, test labels
    names: ClassVar[tuple[str, ...]]

    folder: str | None = None
    mirrors: Sequence[str]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.folder is not None and not (isinstance(self.folder, str) and self.folder):
            raise ConfigError("folder", self.folder, "null or a folder")
        if isinstance(self.mirrors, str) or not isinstance(self.mirrors, Sequence):
            raise ConfigError("mirrors", self.mirrors, "a list of URLs")
        for url in self.mirrors:
            if not str(url).startswith(("http://", "https://")):
                raise ConfigError("mirrors", list(self.mirrors), "a list of URLs that start with http:// or https://")

    def read(self) -> Published:
        folder = self.find_or_download() if self.folder is None else self.find_in(Path(self.folder))
        copies = cache_root() / self.subfolder
        images, labels, test_images, test_labels = (
            open_idx(folder / gz, official, copies) for gz, official in self.files.items()
        )
        for x, y in ((images, labels), (test_images, test_labels)):
            if x.ndim != 3 or y.shape != x.shape[:1] or x.shape[1:] != images.shape[1:]:
                raise DataError(f"{folder}: images {x.shape} and labels {y.shape} do not belong together")
        height, width = images.shape[1:]

        def part(x: np.ndarray, y: np.ndarray) -> Split:
            return Split(x.reshape(len(x), height * width), y.astype(np.intp), np.arange(len(y)))

        return Published(
            name=self.name,
            train=part(images, labels),
            test=part(test_images, test_labels),
            classes=self.names,
            shape=(height, width),
            high=255,
            source=str(folder),
        )

    def find_in(self, folder: Path) -> Path:
        """The files in the folder that `dataset.folder` names; no other place is searched."""
        folder = folder.expanduser().absolute()
        if (complete := first_complete([folder / self.subfolder, folder], self.files)) is not None:
            return complete
        if not folder.is_dir():
            raise DataError(f"dataset.folder={self.folder}: there is no such folder")
        raise DataError(f"dataset.folder={self.folder}: {', '.join(missing(folder, self.files))} not in there")

    def find_or_download(self) -> Path:
        """The first place that has all four files, or the cache after a download."""
        places = candidates(self.subfolder)
        if (folder := first_complete(places, self.files)) is not None:
            return folder
        from fmnist.dataset.download import download_files  # heavy and rarely needed

        folder = cache_root() / self.subfolder
        log.info("downloading %s into %s", self.name, folder)
        if failures := download_files({gz: official.md5 for gz, official in self.files.items()}, self.mirrors, folder):
            raise DataUnavailable(self.unavailable_message(places, failures))
        return folder

    def unavailable_message(self, places: Sequence[Path], failures: Sequence[str]) -> str:
        """All that was tried, and what the user can do."""
        lines = [
            f"dataset={self.name} is neither on this machine nor to be had from a mirror",
            *(f"  looked in {place}" for place in places),
            *(f"  tried {failure}" for failure in failures),
            f"Put {', '.join(self.files)} into a folder and give dataset.folder=… (or set FMNIST_DATA to it);",
            "or train on what needs no download: dataset=digits",
        ]
        return "\n".join(lines)
