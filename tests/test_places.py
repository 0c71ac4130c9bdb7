"""Where the files are looked for, and which place wins."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist.errors import DataError
from options import python_path
from tiny_idx import Tiny, write

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent


def test_each_place_wins_over_the_later_ones(tmp_path):
    """In a working directory of the test's own, so that its data/ and ../shared/data are real folders."""
    here, data, cache = tmp_path / "lab" / "here", tmp_path / "data", tmp_path / "cache"
    here.mkdir(parents=True)
    given = here / "given"
    places = [
        folder
        for root in (given, data, here / "data", tmp_path / "lab" / "shared" / "data", cache)
        for folder in (root / "tiny", root)
    ]
    for place in places:
        write(place)
    program = (
        "from tiny_idx import Tiny; from pathlib import Path; import shutil, sys\n"
        "for place in map(Path, sys.argv[1:]):\n"
        "    folder = 'given' if 'given' in place.parts[-2:] else None\n"
        "    print(Tiny(folder=folder).load().source)\n"
        "    (place / 'train-labels-idx1-ubyte.gz').unlink()\n"  # three of four files: the place no longer counts
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, places)],
        env=os.environ | {"FMNIST_DATA": str(data), "FMNIST_CACHE": str(cache), "PYTHONPATH": python_path(ROOT, TESTS)},
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [str(place) for place in places]


def test_a_given_folder_is_the_only_one(tmp_path, monkeypatch):
    monkeypatch.setenv("FMNIST_DATA", str(write(tmp_path / "data")))
    monkeypatch.setenv("FMNIST_CACHE", str(tmp_path / "cache"))
    folder = write(tmp_path / "given")
    (folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError) as caught:
        Tiny(folder=str(folder)).load()
    assert str(caught.value) == f"dataset.folder={folder}: train-labels-idx1-ubyte.gz not in there"
    with pytest.raises(DataError, match="no such folder"):
        Tiny(folder=str(tmp_path / "nowhere")).load()
    assert Tiny().load().source == str(tmp_path / "data")


def test_a_home_folder_may_be_written_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FMNIST_CACHE", "~/cache")
    write(tmp_path / "given")
    write(tmp_path / "data")
    assert Tiny(folder="~/given").load().source == str(tmp_path / "given")
    assert len(list((tmp_path / "cache" / "tiny").iterdir())) == 4
    monkeypatch.setenv("FMNIST_DATA", "~/data")
    assert Tiny().load().source == str(tmp_path / "data")


def test_without_a_word_the_cache_is_the_user_s(tmp_path, monkeypatch):
    from fmnist.files.cache import cache_root

    monkeypatch.delenv("FMNIST_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert tmp_path in cache_root().parents
    assert cache_root().name == "fmnist"
