"""Reading npz archives that may be anybody's, or damaged: nothing is allocated that the file itself does not hold.

Ours are stored uncompressed, so an entry's size in the archive's directory is that of its bytes in the file, and the
size of an array is known from its header before the array is made.
"""

import io
from math import prod
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

from fmnist.interfaces import Array, State

KINDS = "fiuU"  # floats, whole numbers, text
ENCRYPTED = 0x1  # a flag of an entry


def read_archive(file: IO[bytes], size: int) -> State:
    """The arrays of an archive of `size` bytes, read-only.

    Raises:
        Exception: whatever zipfile and NumPy make of a damaged file; ValueError for what a checkpoint never holds.
    """
    with ZipFile(file) as archive:
        entries = archive.infolist()
        for entry in entries:
            check_entry(entry)
        if sum(entry.file_size for entry in entries) > size or len({entry.filename for entry in entries}) < len(
            entries
        ):
            raise ValueError("entries that overlap")
        return {entry.filename.removesuffix(".npy"): parse(entry, archive.read(entry)) for entry in entries}


def check_entry(entry: ZipInfo) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise ValueError(f"{entry.filename} is encrypted")
    if entry.compress_type != ZIP_STORED or entry.file_size != entry.compress_size:
        raise ValueError(f"{entry.filename} is compressed")
    if not entry.filename.endswith(".npy"):
        raise ValueError(f"{entry.filename} is no array")


def parse(entry: ZipInfo, content: bytes) -> Array:
    """An npy file: its header, and the values."""
    stream = io.BytesIO(content)
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"{entry.filename} has an unknown version")
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read_header(stream)
    if dtype.kind not in KINDS:
        raise ValueError(f"{entry.filename} holds {dtype.name} values")
    start = stream.tell()
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != len(content) - start:
        raise ValueError(f"{entry.filename} has {len(content) - start:,} bytes, not those of {shape} {dtype.name}")
    return np.ndarray(shape, dtype, content, start, order="F" if fortran else "C")
