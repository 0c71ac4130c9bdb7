"""What a killed process has left half-written is cleared by the next start in its folder, and nothing else is."""

import gzip
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fmnist.dataset.idx import write_copy
from fmnist.engine.llvm import store
from fmnist.files import atomic
from tiny_idx import IMAGES, idx_bytes

HERE = socket.gethostname()


@pytest.fixture(scope="module")
def gone() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("name", "hours", "stays"),
    [
        (".last.npz.{gone}@{here}", 0, False),
        (".last.npz.{alive}@{here}", 0, True),  # it writes at this moment
        (".last.npz.{alive}@{here}", 2, False),  # another process has the number now
        (".last.npz.{gone}@elsewhere", 0, True),  # a machine that shares the folder
        (".last.npz.{gone}@elsewhere", 2, False),
        (".last.npz.{gone}", 0, True),  # of an earlier version
        (".last.npz.{gone}", 2, False),
        ("images.0123456789abcdef0123456789abcdef.part", 0, True),
        ("images.0123456789abcdef0123456789abcdef.part", 2, False),
        ("last.npz", 2, True),
        (".lock", 2, True),
        (".notes.txt", 2, True),
    ],
)
def test_only_what_nobody_writes_any_more_goes(name: str, hours: float, stays: bool, gone: int, tmp_path: Path) -> None:
    file = tmp_path / name.format(gone=gone, alive=os.getpid(), here=HERE)
    file.touch()
    os.utime(file, (time.time() - 3600 * hours,) * 2)
    atomic.clear(tmp_path)
    assert file.exists() == stays


KILLED = """
import os, signal, sys
from pathlib import Path
from fmnist.files import atomic
atomic.write(Path(sys.argv[1]), lambda file: (file.write(b"half"), file.flush(), os.kill(os.getpid(), signal.SIGKILL)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_process_leaves_is_known_by_its_name(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "last.npz")], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    atomic.clear(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_start_clears_the_folder_of_the_kernels(gone: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FMNIST_CACHE", str(tmp_path))
    home = tmp_path / "kernels"
    home.mkdir(mode=0o700)
    left, written, whole = (home / name for name in (f".a.o.{gone}@{HERE}", f".b.o.{os.getpid()}@{HERE}", "c.o"))
    for file in (left, written, whole):
        file.touch()
    assert store.folder() == home
    assert {*home.iterdir()} == {written, whole}


def test_a_start_clears_the_folder_of_the_data(gone: int, tmp_path: Path) -> None:
    left = tmp_path / f".train-images-idx3-ubyte.{gone}@{HERE}"
    left.touch()
    gz = tmp_path / "images.gz"
    gz.write_bytes(gzip.compress(idx_bytes(IMAGES)))
    write_copy(gz, tmp_path / "images")
    assert {file.name for file in tmp_path.iterdir()} == {"images.gz", "images"}
