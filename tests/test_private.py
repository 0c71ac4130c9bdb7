"""What lies in a cache or a temporary folder is used only if nobody else can have put it there, and it is whole."""

import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from optuna.storages import InMemoryStorage

from fmnist.engine.llvm import kernel, store
from fmnist.errors import FmnistError
from fmnist.files.private import private_folder
from fmnist.interfaces import Array
from fmnist.sweep.study.lock import lock_study
from options import ROOT

STRANGER = 12345
root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


def half(z: Array, a: Array) -> None:
    for i in range(z.shape[0]):
        a[i] = 0.5 * z[i]


def run() -> list[float]:
    """Bound as by a process that has just started: no kernel is in its memory."""
    kernel.LOADED.clear()
    z, a = np.arange(3, dtype="float32"), np.zeros(3, "float32")
    kernel.bind(half, (z, a))()
    return a.tolist()


RIGHT = [0.0, 0.5, 1.0]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FMNIST_CACHE", str(tmp_path / "cache"))
    store.say_once.cache_clear()
    return tmp_path / "cache" / "kernels"


@pytest.fixture
def file(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel that is kept. It is compiled once; what is compiled again in a test is the same code."""
    assert run() == RIGHT
    (file,) = home.glob("*.o")
    code = store.read(file, file_key())
    assert code is not None
    monkeypatch.setattr(kernel, "build", lambda *_: code)
    return file


def file_key() -> str:
    (key,) = kernel.LOADED
    return key


def test_a_damaged_kernel_is_never_run_and_made_anew(file: Path) -> None:
    whole, dice = file.read_bytes(), random.Random(0)
    for _ in range(200):
        at, bit = dice.randrange(len(whole)), 1 << dice.randrange(8)
        file.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        assert run() == RIGHT
        assert file.read_bytes() == whole
    for length in [0, 1, 31, 32, 33, *dice.sample(range(len(whole)), 20)]:
        file.write_bytes(whole[:length])
        assert run() == RIGHT
        assert file.read_bytes() == whole


def test_the_kernel_of_another_key_is_not_run(file: Path) -> None:
    whole = file.read_bytes()
    code = whole[32:]
    file.write_bytes(store.seal("another key", code) + code)
    assert run() == RIGHT
    assert file.read_bytes() == whole


@posix
@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "no reader"])
def test_what_is_no_file_is_not_waited_for(kind: str, file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "link":
        (tmp_path / "elsewhere").write_bytes(whole)
        file.symlink_to(tmp_path / "elsewhere")
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to("/dev/zero")
    assert run() == RIGHT
    if kind != "folder":
        assert not file.is_symlink()
        assert file.read_bytes() == whole


@root
def test_a_strangers_kernel_is_not_run(file: Path) -> None:
    os.chown(file, STRANGER, STRANGER)
    assert run() == RIGHT
    assert file.stat().st_uid == os.geteuid()


def give_away(folder: Path) -> None:
    os.chown(folder, STRANGER, STRANGER)


def open_to_all(folder: Path) -> None:
    folder.chmod(0o777)


def replace_by_link(folder: Path) -> None:
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(folder.with_name("moved"))


SPOILERS = [pytest.param(give_away, marks=root), pytest.param(open_to_all), pytest.param(replace_by_link)]


@posix
@pytest.mark.parametrize("spoil", SPOILERS)
def test_a_folder_that_is_not_ours_alone_is_not_used(
    spoil, file: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(home)
    file.write_bytes(b"planted")
    for _ in range(2):
        assert run() == RIGHT
    assert file.read_bytes() == b"planted"
    (line,) = capsys.readouterr().out.splitlines()[-1:]
    assert line.startswith(f"{home} is not used: ")
    assert line.endswith("; each process compiles its kernels anew")


@posix
def test_folders_are_private_whatever_the_umask(file: Path, home: Path) -> None:
    before = os.umask(0)
    try:
        for name in ("kernels", "new"):
            assert private_folder(home.with_name(name)).stat().st_mode & 0o777 == 0o700
        home.chmod(0o755)  # as an older version made it
        file.unlink()
        assert run() == RIGHT
    finally:
        os.umask(before)
    assert home.stat().st_mode & 0o777 == 0o700
    assert file.exists()


def test_a_damaged_kernel_kills_no_process(file: Path) -> None:
    """In a process of its own, as a user would meet it: no signal."""
    file.write_bytes(file.read_bytes()[:-100])
    env = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    done = subprocess.run(
        [sys.executable, "-c", "import test_private as t; print(t.run())"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(RIGHT)


# ---- the sweeper's lock


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    return tmp_path / "tmp"


def lock() -> None:
    with lock_study(InMemoryStorage(), "memory", "mine"):
        pass


@posix
@pytest.mark.parametrize("spoil", SPOILERS)
def test_the_lock_touches_nothing_in_a_folder_that_is_not_ours_alone(spoil, temporary: Path) -> None:
    lock()
    (folder,) = temporary.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "victim").write_text("theirs")
    name = hashlib.sha256(b"memory\nmine").hexdigest()[:16]
    (folder / f"{name}.lock").unlink(missing_ok=True)
    (folder / f"{name}.lock").symlink_to(folder / "victim")
    spoil(folder)
    with pytest.raises(FmnistError, match=r"^\S+ is not used: [^\n]+$"):
        lock()
    assert (folder / "victim").read_text() == "theirs"


@posix
def test_a_link_at_the_place_of_the_locks_folder_is_not_followed(temporary: Path, tmp_path: Path) -> None:
    lock()
    (folder,) = temporary.iterdir()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    (tmp_path / "theirs").mkdir()
    folder.symlink_to(tmp_path / "theirs")
    with pytest.raises(FmnistError, match="it is a link"):
        lock()
    assert not list((tmp_path / "theirs").iterdir())


def test_a_file_at_the_place_of_the_locks_folder_is_one_line(temporary: Path) -> None:
    lock()
    (folder,) = temporary.iterdir()
    folder.rename(folder.with_name("moved"))
    folder.write_text("theirs")
    with pytest.raises(FmnistError, match="is not a folder"):
        lock()
    assert folder.read_text() == "theirs"
