"""The IDX format of MNIST and its heirs, mapped into memory from a decompressed copy.

Format: two zero bytes, the type (8: uint8), the number of dimensions, each dimension as big-endian uint32, the values.
The copy is as good as the gz file itself: a gz file ends in the CRC-32 and the length of what it holds (RFC 1952).
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
from uuid import uuid4

import numpy as np

from fmnist.errors import DataError
from fmnist.interfaces import Array

CHUNK = 1 << 20  # bytes decompressed at a time
log = logging.getLogger("fmnist")


def open_idx(gz: Path, md5: str, folder: Path) -> Array:
    """The array in a gz file, read-only; its decompressed copy lies in `folder`, and is made there if need be."""
    copy = folder / gz.stem
    try:
        crc, size = trailer(gz)
        data = mapped(copy, crc, size)
        if data is None:
            verify(gz, md5)
            data = decompressed(gz, copy, crc, size)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{gz}: cannot be read ({error})") from error
    return parsed(data, gz)


def trailer(gz: Path) -> tuple[int, int]:
    """(CRC-32, length) of the decompressed file; no file has (0, 0)'s length, so it stands for a file too short."""
    with gz.open("rb") as file:
        if file.seek(0, os.SEEK_END) < 8:
            return 0, 0
        file.seek(-8, os.SEEK_END)
        crc, size = struct.unpack("<II", file.read(8))
        return crc, size


def mapped(copy: Path, crc: int, size: int) -> Array | None:
    """The copy's bytes if they are there and right.

    Opened once, so that what is measured, checked and then used is one file, whatever others put in its place.
    """
    try:
        with copy.open("rb") as file:
            if size == 0 or os.fstat(file.fileno()).st_size != size:
                return None
            data = np.asarray(np.memmap(file, np.uint8, "r"))
    except OSError:
        return None
    return data if zlib.crc32(data.data) == crc else None


def verify(gz: Path, md5: str) -> None:
    """Only the official file will do."""
    with gz.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        raise DataError(
            f"{gz}: truncated or another file (md5 {found}, expected {md5}); "
            "replace it by the official one, or delete it"
        )


def decompressed(gz: Path, copy: Path, crc: int, size: int) -> Array:
    """The bytes of a gz file, through a new copy; in memory only, where no copy can be written."""
    log.info("decompressing %s into %s", gz, copy.parent)
    try:
        build(gz, copy)
    except OSError as error:
        log.warning("%s cannot be written (%s): %s stays in memory", copy.parent, error.strerror or error, copy.name)
    else:
        if (data := mapped(copy, crc, size)) is not None:
            return data
    memory = bytearray()
    with gzip.open(gz) as file:
        while chunk := file.read(CHUNK):
            memory += chunk
    data = np.frombuffer(memory, np.uint8)
    data.flags.writeable = False  # like the map
    return data


def build(gz: Path, copy: Path) -> None:
    """Write the copy beside its place and move it there when whole: nobody ever sees, or maps, half a file.

    Each process has a file of its own, and the last to finish replaces a copy by an equal one.
    """
    copy.parent.mkdir(parents=True, exist_ok=True)
    part = copy.with_name(f"{copy.name}.{uuid4().hex}.part")
    try:
        with gzip.open(gz) as source, part.open("xb") as target:
            shutil.copyfileobj(source, target, CHUNK)
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)


def parsed(data: Array, gz: Path) -> Array:
    """The values in the shape that the header says: (N,) for labels, (N, height, width) for images."""
    dimensions = int(data[3]) if data.size >= 4 and bytes(data[:3]) == b"\x00\x00\x08" else 0
    start = 4 + 4 * dimensions
    if dimensions and data.size >= start:
        shape = struct.unpack(f">{dimensions}I", data[4:start].tobytes())
        if data.size == start + prod(shape):
            return data[start:].reshape(shape)
    raise DataError(f"{gz}: not an IDX file of bytes")
