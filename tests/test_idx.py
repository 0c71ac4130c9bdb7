"""The decompressed copies: right ones are mapped, wrong ones made anew, and nobody sees half of one."""

import gzip
import hashlib
import logging
from pathlib import Path

import numpy as np
import pytest

from fmnist.dataset.idx import open_idx
from fmnist.errors import DataError
from tiny_idx import CONTENT, GZ, IMAGES, LABELS, TEST_IMAGES, TEST_LABELS, Tiny, idx_bytes, write

NAME = "train-images-idx3-ubyte.gz"
COPY = "train-images-idx3-ubyte"


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
    for part in (str(path), "truncated or another file", hashlib.md5(wrong).hexdigest(), Tiny.files[NAME]):
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
        open_idx(gz, hashlib.md5(gz.read_bytes()).hexdigest(), tmp_path / "cache")


def test_what_is_no_gz_file_is_refused(tmp_path):
    gz = tmp_path / "a.gz"
    gz.write_bytes(b"not a gz file, although its md5 is the expected one")
    with pytest.raises(DataError, match="cannot be read"):
        open_idx(gz, hashlib.md5(gz.read_bytes()).hexdigest(), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
