"""A data set of four tiny IDX files, made for a test, with a class that knows their md5 sums."""

import gzip
import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fmnist.dataset.idx import Checksums
from fmnist.dataset.mnist_like import MnistLike
from fmnist.interfaces import Array

IMAGES = np.random.default_rng(1).integers(0, 256, (40, 3, 5), np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 4
TEST_IMAGES = np.random.default_rng(2).integers(0, 256, (8, 3, 5), np.uint8)
TEST_LABELS = np.arange(8, dtype=np.uint8) % 4

CONTENT = {
    "train-images-idx3-ubyte.gz": IMAGES,
    "train-labels-idx1-ubyte.gz": LABELS,
    "t10k-images-idx3-ubyte.gz": TEST_IMAGES,
    "t10k-labels-idx1-ubyte.gz": TEST_LABELS,
}


def idx_bytes(array: Array) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


GZ = {name: gzip.compress(idx_bytes(array), mtime=0) for name, array in CONTENT.items()}


def checksums(gz: bytes) -> Checksums:
    return Checksums(hashlib.md5(gz).hexdigest(), hashlib.sha256(gzip.decompress(gz)).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Tiny(MnistLike):
    name = "tiny"
    subfolder = "tiny"
    files = {name: checksums(data) for name, data in GZ.items()}  # noqa: RUF012
    names = tuple("abcd")

    mirrors: tuple[str, ...] = ()


def write(folder: Path) -> Path:
    """The four gz files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in GZ.items():
        (folder / name).write_bytes(data)
    return folder
