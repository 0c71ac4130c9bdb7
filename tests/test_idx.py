"""The decompressed copies: right ones are mapped, wrong ones made anew, and nobody sees half of one."""

import gzip
import hashlib
import logging
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from fmnist.dataset.idx import Checksums, open_idx
from fmnist.errors import DataError
from fmnist.training.trainer import Trainer
from tiny_idx import CONTENT, GZ, IMAGES, LABELS, TEST_IMAGES, TEST_LABELS, Tiny, checksums, idx_bytes, write

NAME = "train-images-idx3-ubyte.gz"
COPY = "train-images-idx3-ubyte"
LABEL_FILE = "train-labels-idx1-ubyte.gz"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tiny(tmp_path, cache):
    assert not cache.exists()
    return Tiny(folder=str(write(tmp_path / "files")), val_fraction=0)


def assert_right(splits):
    assert splits.shape == (3, 5)
    assert np.array_equal(splits.train.x, IMAGES.reshape(40, 15))
    assert np.array_equal(splits.test.x, TEST_IMAGES.reshape(8, 15))
    assert splits.train.y.tolist() == LABELS.tolist()
    assert splits.test.y.tolist() == TEST_LABELS.tolist()
    assert splits.train.y.dtype == np.intp


def test_the_copies_are_the_decompressed_files_and_nothing_else_lies_there(tiny, cache):
    assert_right(tiny.load())
    copies = {path.name: path.read_bytes() for path in (cache / "tiny").iterdir()}
    assert copies == {name.removesuffix(".gz"): idx_bytes(array) for name, array in CONTENT.items()}


def test_a_right_copy_is_mapped_as_it_is(tiny, cache):
    tiny.load()
    before = (cache / "tiny" / COPY).stat()
    assert_right(tiny.load())
    after = (cache / "tiny" / COPY).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


WHOLE = idx_bytes(IMAGES)
FLIPPED = [WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :] for at in (0, 3, 7, 15, 16, 300, len(WHOLE) - 1)]


@pytest.mark.parametrize(
    "damaged", [*FLIPPED, b"", WHOLE[:5], WHOLE[:-1], WHOLE + b"\0", bytes(len(WHOLE))], ids=lambda d: f"{len(d)}bytes"
)
def test_a_damaged_copy_is_made_anew(tiny, cache, damaged):
    tiny.load()
    (cache / "tiny" / COPY).write_bytes(damaged)
    assert_right(tiny.load())
    assert (cache / "tiny" / COPY).read_bytes() == WHOLE


def test_a_folder_where_the_copy_should_be_does_not_stop_the_run(tiny, cache):
    (cache / "tiny" / COPY).mkdir(parents=True)
    assert_right(tiny.load())


def test_a_cache_that_cannot_be_written_costs_a_warning_a_file(tiny, cache, caplog):
    cache.write_text("a file, so that no folder can be made of it, not even by root")
    with caplog.at_level(logging.WARNING, "fmnist"):
        splits = tiny.load()
    assert_right(splits)
    assert not splits.train.x.flags.writeable
    assert len(caplog.records) == 4
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize("damage", ["truncated", "empty", "a byte", "trailer", "another file"])
def test_a_damaged_gz_is_refused_in_one_line(tiny, damage):
    path = Path(tiny.folder) / NAME
    data = GZ[NAME]
    wrong = {
        "truncated": data[: len(data) // 2],
        "empty": b"",
        "a byte": data[:100] + bytes([data[100] ^ 1]) + data[101:],
        "trailer": data[:-8] + bytes(8),
        "another file": GZ["t10k-images-idx3-ubyte.gz"],
    }[damage]
    path.write_bytes(wrong)
    with pytest.raises(DataError) as caught:
        tiny.load()
    message = str(caught.value)
    assert "\n" not in message
    for part in (str(path), "truncated or another file", hashlib.md5(wrong).hexdigest(), Tiny.files[NAME].md5):
        assert part in message


def test_a_damaged_gz_is_not_hidden_by_the_copy_of_another(tiny, cache):
    tiny.load()
    (Path(tiny.folder) / NAME).write_bytes(GZ["t10k-images-idx3-ubyte.gz"])
    with pytest.raises(DataError, match="another file"):
        tiny.load()
    assert (cache / "tiny" / COPY).read_bytes() == WHOLE  # and the good copy stays


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"\0\0\x08",
        b"\0\0\x08\0",
        b"\0\0\x0d\x01\0\0\0\x04abcd",
        b"\0\0\x08\x01\0\0\0\x05abcd",
        b"\0\0\x08\x01\0\0\0\x03abcd",
        b"\0\0\x08\x03\0\0",
    ],
    ids=["short", "no dimension", "scalar", "floats", "too few values", "too many values", "short header"],
)
def test_what_is_no_idx_file_of_bytes_is_refused(tmp_path, content):
    gz = tmp_path / "a.gz"
    gz.write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match="not an IDX file"):
        open_idx(gz, Checksums(hashlib.md5(gz.read_bytes()).hexdigest(), ""), tmp_path / "cache")


def test_what_is_no_gz_file_is_refused(tmp_path):
    gz = tmp_path / "a.gz"
    gz.write_bytes(b"not a gz file, although its md5 is the expected one")
    with pytest.raises(DataError, match="cannot be read"):
        open_idx(gz, Checksums(hashlib.md5(gz.read_bytes()).hexdigest(), ""), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def forged(content: bytes, like: bytes) -> bytes:
    """Other bytes of the same length and CRC-32: four of them are solved for (over GF(2), bit by bit)."""
    free = len(content) - 4
    want = zlib.crc32(like)

    def crc(tail: int) -> int:
        return zlib.crc32(content[:free] + struct.pack("<I", tail))

    zero = crc(0)
    rows = [(crc(1 << bit) ^ zero, 1 << bit) for bit in range(32)]
    rest, tail = want ^ zero, 0
    for bit in range(32):
        pivot = next(i for i in range(bit, 32) if rows[i][0] >> bit & 1)
        rows[bit], rows[pivot] = rows[pivot], rows[bit]
        value, choice = rows[bit]
        rows = [(v ^ value, c ^ choice) if i != bit and v >> bit & 1 else (v, c) for i, (v, c) in enumerate(rows)]
    for bit in range(32):
        if rest >> bit & 1:
            rest, tail = rest ^ rows[bit][0], tail ^ rows[bit][1]
    return content[:free] + struct.pack("<I", tail)


def test_a_forged_copy_of_the_same_length_and_crc_is_made_anew(tiny, cache):
    tiny.load()
    fake = forged(WHOLE[:20] + b"forged" + WHOLE[26:], WHOLE)
    assert (len(fake), zlib.crc32(fake)) == (len(WHOLE), zlib.crc32(WHOLE))
    assert fake != WHOLE
    (cache / "tiny" / COPY).write_bytes(fake)
    assert_right(tiny.load())
    assert (cache / "tiny" / COPY).read_bytes() == WHOLE


def test_a_pipe_where_the_copy_should_be_is_not_waited_for(tiny, cache):
    (cache / "tiny").mkdir(parents=True)
    os.mkfifo(cache / "tiny" / COPY)
    assert_right(tiny.load())


def test_a_label_that_no_class_has_is_one_line(tmp_path, cache):
    labels = gzip.compress(idx_bytes(np.full(40, 4, np.uint8)))
    folder = write(tmp_path / "files")
    (folder / LABEL_FILE).write_bytes(labels)
    other = type("Other", (Tiny,), {"files": Tiny.files | {LABEL_FILE: checksums(labels)}})
    splits = other(folder=str(folder), val_fraction=0).load()
    with pytest.raises(DataError, match=r"files: a label is 4; tiny has the classes 0 to 3$"):  # before any engine runs
        Trainer(batch_size=8).check_data(splits)
