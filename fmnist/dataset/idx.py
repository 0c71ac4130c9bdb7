"""The IDX format of MNIST and the data sets that follow it, memory-mapped from a decompressed copy.

Format: two zero bytes, the type (8: uint8), the number of dimensions, each dimension as big-endian uint32, the values.
The copy is checked at each start against the SHA-256 of the official content; that of 47 MB takes some 30 ms.
"""

import gzip
import hashlib
import logging
import os
import shutil
import struct
import zlib
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fmnist.errors import DataError
from fmnist.files import atomic
from fmnist.files.regular import open_regular
from fmnist.interfaces import Array

CHUNK = 1 << 20  # bytes decompressed at a time
log = logging.getLogger("fmnist")


class Checksums(NamedTuple):
    """Of an official file.  md5: of the gz file.  sha256: of what is in it."""

    md5: str
    sha256: str


def open_idx(gz: Path, official: Checksums, folder: Path) -> Array:
    """The array in a gz file, read-only. Its decompressed copy is in `folder`, and written there if missing."""
    copy = folder / gz.stem
    try:
        data = map_copy(copy, official.sha256)
        if data is None or data.size != content_size(gz):
            verify(gz, official.md5)
            data = decompress(gz, copy, official.sha256)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{gz}: cannot be read ({error})") from error
    return parse(data, gz)


def content_size(gz: Path) -> int:
    """Bytes in a gz file as its end has them (RFC 1952): a file of another size is not hidden by a right copy."""
    with gz.open("rb") as file:
        if file.seek(0, os.SEEK_END) < 4:
            return 0
        file.seek(-4, os.SEEK_END)
        (size,) = struct.unpack("<I", file.read(4))
        return int(size)


def map_copy(copy: Path, sha256: str) -> Array | None:
    """The copy's bytes, memory-mapped; None if the copy is missing or wrong.

    The file is opened once: what is checked is what is used, even if another process replaces the copy meanwhile.
    """
    try:
        with open_regular(copy) as file:
            if os.fstat(file.fileno()).st_size == 0:  # nothing to map
                return None
            data = np.asarray(np.memmap(file, np.uint8, "r"))
    except OSError:
        return None
    return data if hashlib.sha256(data.data).hexdigest() == sha256 else None


def verify(gz: Path, md5: str) -> None:
    """Raise DataError unless this is the official file."""
    with gz.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        raise DataError(
            f"{gz}: truncated or another file (md5 {found}, expected {md5}); "
            "replace it by the official one, or delete it"
        )


def decompress(gz: Path, copy: Path, sha256: str) -> Array:
    """The bytes of a gz file, mapped from a new copy, or in memory where no copy can be written."""
    log.info("decompressing %s into %s", gz, copy.parent)
    try:
        write_copy(gz, copy)
    except OSError as error:
        log.warning("%s cannot be written (%s): %s stays in memory", copy.parent, error.strerror or error, copy.name)
    else:
        if (data := map_copy(copy, sha256)) is not None:
            return data
    memory = bytearray()
    with gzip.open(gz) as file:
        while chunk := file.read(CHUNK):
            memory += chunk
    data = np.frombuffer(memory, np.uint8)
    data.flags.writeable = False  # like the map
    return data


def write_copy(gz: Path, copy: Path) -> None:
    """Atomically: no process ever maps half a file. The last one to finish replaces the copy by an equal one."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    atomic.clear(copy.parent)
    with gzip.open(gz) as source:
        atomic.write(copy, lambda target: shutil.copyfileobj(source, target, CHUNK))


def parse(data: Array, gz: Path) -> Array:
    """The values in the shape that the header gives: (N,) for labels, (N, height, width) for images."""
    dimensions = int(data[3]) if data.size >= 4 and bytes(data[:3]) == b"\x00\x00\x08" else 0
    start = 4 + 4 * dimensions
    if dimensions and data.size >= start:
        shape = struct.unpack(f">{dimensions}I", data[4:start].tobytes())
        if data.size == start + prod(shape):
            return data[start:].reshape(shape)
    raise DataError(f"{gz}: not an IDX file of bytes")
