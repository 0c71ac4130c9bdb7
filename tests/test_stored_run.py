"""A run's folder that somebody else made: it is read, and never obeyed."""

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from cli import run, train
from fmnist.analysis.best_experiments import write_best_experiments
from fmnist.errors import CheckpointError, FmnistError
from fmnist.files import atomic
from fmnist.files.yaml import read_yaml
from fmnist.run.load import load_run
from fmnist.run.stored import find_runs
from fuzz_files import BOMB, CASES, MERGE, RUN, evil_module, run_case
from options import CONF

PLUGIN = """
from dataclasses import dataclass
from pathlib import Path
from fmnist.optimizer.momentum import Momentum
Path("imported").touch()

@dataclass(kw_only=True)
class Mine(Momentum):
    pass
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(RUN, tmp_path / "run")
    return tmp_path / "run"


def change(folder: Path, group: str, **values: Any) -> None:
    file = folder / "config.yaml"
    config = yaml.safe_load(file.read_text())
    config[group] |= values
    file.write_text(yaml.safe_dump(config))


# ---- classes


@pytest.mark.parametrize(
    ("group", "target"),
    [
        ("optimizer", "plugin.Mine"),
        ("optimizer", "subprocess.Popen"),
        ("optimizer", "fmnist.files.atomic.os.system"),
        ("optimizer", "fmnist.optimizer.adam.np.memmap"),
        ("optimizer", "fmnist.loss.mse.MSE"),
        ("optimizer", ["fmnist.optimizer.adam.Adam"]),
        ("optimizer", {"_target_": "plugin.Mine"}),
        ("callbacks", {"mine": {"_target_": "plugin.Mine"}}),
        ("tracker", {"_target_": "plugin.Mine"}),
    ],
)
def test_a_stored_config_names_only_options_of_their_group(group: str, target: Any, folder: Path) -> None:
    values = target if group in ("callbacks", "tracker") else {"_target_": target}
    change(folder, group, **values)
    with pytest.raises(
        FmnistError, match=rf"^\S+config\.yaml: {group}\S*_target_=[^\n]*allowed is a class of an option"
    ):
        load_run(folder)


def test_no_command_imports_what_a_folder_names(folder: Path, tmp_path: Path) -> None:
    change(folder, "optimizer", _target_="plugin.Mine")
    (tmp_path / "plugin.py").write_text(PLUGIN)
    for done in (run("-m", "fmnist", "evaluate", "run", cwd=tmp_path), train("resume=run", cwd=tmp_path)):
        assert done.returncode == 2
        assert "optimizer._target_=plugin.Mine: allowed is a class of an option in conf/optimizer/" in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "imported").exists()


def test_a_class_that_the_user_names_again_is_used(folder: Path, tmp_path: Path) -> None:
    change(folder, "optimizer", _target_="plugin.Mine")
    with np.load(folder / "last.npz") as archive:
        arrays = dict(archive)
    arrays["session"] = np.array(str(arrays["session"]).replace('"Momentum"', '"Mine"'))
    atomic.write_npz(folder / "last.npz", arrays)
    (tmp_path / "plugin.py").write_text(PLUGIN)
    (tmp_path / "mine" / "optimizer").mkdir(parents=True)
    (tmp_path / "mine" / "optimizer" / "mine.yaml").write_text("_target_: plugin.Mine\nlr: 0.1\n")
    named = "optimizer._target_=plugin.Mine"
    path = {"PYTHONPATH": f"{tmp_path}:{CONF.parent}"}
    for done in (
        run("-m", "fmnist", "evaluate", "run", named, cwd=tmp_path, **path),
        train("resume=run", named, "trainer.epochs=3", cwd=tmp_path, **path),
        train("--config-dir", "mine", "resume=run", "trainer.epochs=4", cwd=tmp_path, **path),
    ):
        assert done.returncode == 0, done.stderr
    other = train("resume=run", "optimizer._target_=plugin.Other", cwd=tmp_path, **path)
    assert other.returncode == 2
    assert len(other.stderr.splitlines()) == 1


def test_best_writes_no_experiment_that_names_foreign_code(folder: Path) -> None:
    change(folder, "optimizer", _target_="plugin.Mine")
    (folder / "summary.json").write_text('{"state": "finished", "objective": "val/accuracy", "value": 0.5, "best": {}}')
    with pytest.raises(FmnistError, match=r"_target_=plugin\.Mine"):
        write_best_experiments(folder, 1)


# ---- interpolations


@pytest.mark.parametrize("text", ["${oc.env:SECRET}", "a ${seed}", "${oops", "???"])
def test_nothing_in_a_stored_config_is_resolved(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hush")
    change(folder, "dataset", normalize=text)
    for use in (lambda: load_run(folder), lambda: find_runs([folder])):
        with pytest.raises(FmnistError) as caught:
            use()
        message = str(caught.value)
        assert message.startswith(f"{folder / 'config.yaml'}: dataset.normalize={text}: ")
        assert "hush" not in message


# ---- YAML


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (BOMB.encode(), "the alias"),
        (MERGE.encode(), "the alias"),
        (b"a: &a [*a]", "the alias"),
        (b"[" * 100_000, "levels"),
        (b"? " * 100_000, "levels"),
        ("objective: Größe".encode("latin-1"), "not text in UTF-8"),
        (b"- a\n- b", "not a mapping"),
        (b"", "not a mapping"),
        (b"a: [b", "not valid YAML"),
        (b"a: 1\x00", "not valid YAML"),
        (b"a: " + b"9" * 6000, "not valid YAML"),
        (b"!!python/object/apply:os.system [id]", "not valid YAML"),
        (b"a: 1\n" * 3_000_000, "larger than"),
    ],
    ids=range(13),
)
def test_a_file_that_is_no_config_is_one_line(content: bytes, why: str, folder: Path) -> None:
    (folder / "config.yaml").write_bytes(content)
    with pytest.raises(FmnistError, match=rf"^\S+/config\.yaml: [^\n]*{why}[^\n]*$"):
        find_runs([folder])


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    for name in ("config.yaml", "best.npz"):
        (folder / name).unlink()
        os.mkfifo(folder / name)
    with pytest.raises(CheckpointError, match="not a regular file"):
        atomic.read_npz(folder / "best.npz")
    with pytest.raises(FmnistError, match=r"config\.yaml: cannot be read"):
        find_runs([folder])


def test_numbers_and_dates_are_read_as_hydra_reads_them(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1e-3\nb: 2026-11-25\nc: 1.5\nd: .inf\ne: 12\nf: '1e-3'\ng: -2E+5\nh: 0x10\n")
    values = {"a": 0.001, "b": "2026-11-25", "c": 1.5, "d": float("inf"), "e": 12, "f": "1e-3", "g": -2e5, "h": 16}
    assert read_yaml(tmp_path / "a.yaml") == values


# ---- checkpoints


def archive(file: Path, header: str, data: bytes = b"", **options: Any) -> None:
    """One array with a header of its own."""
    text = header.ljust(117).encode() + b"\n"
    with zipfile.ZipFile(file, "w", **options) as out:
        out.writestr("network/x.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data)


def header(shape: tuple[int, ...], dtype: str = "<f4") -> str:
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}"


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        (header((10**12,)), {}, "has 0 bytes"),
        (header((-1,)), {}, "bytes"),
        (header((2**62, 8)), {}, "bytes"),
        (header((0,), "|O"), {}, "holds object values"),
        (header((0,), "<c8"), {}, "holds complex64 values"),
        (header((0,), "|b1"), {}, "holds bool values"),
        (header((0,), "<M8[s]"), {}, "holds datetime64"),
        (header((0,)), {"compression": zipfile.ZIP_DEFLATED}, "is compressed"),
        (header((0,)), {"compression": zipfile.ZIP_BZIP2}, "is compressed"),
        (header((0,)), {"compression": zipfile.ZIP_LZMA}, "is compressed"),
        ("{'descr': ", {}, "not a whole checkpoint"),
        ("__import__('os')", {}, "not a whole checkpoint"),
    ],
)
def test_an_archive_that_is_not_ours_is_one_line(text: str, options: Any, why: str, tmp_path: Path) -> None:
    archive(tmp_path / "x.npz", text, **options)
    with pytest.raises(CheckpointError, match=r"^\S+x\.npz: not a whole checkpoint \([^\n]*\)$") as caught:
        atomic.read_npz(tmp_path / "x.npz")
    assert why in str(caught.value)


def test_a_bomb_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A gigabyte of zeros in a megabyte; and a stored entry whose directory says that it is larger than the file."""
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as out, out.open("x.npy", "w") as entry:
        for _ in range(64):
            entry.write(bytes(1 << 20))
    with pytest.raises(CheckpointError, match="is compressed"):
        atomic.read_npz(tmp_path / "bomb.npz")
    with open(tmp_path / "sparse.npz", "wb") as file:
        file.truncate(1 << 42)
    with pytest.raises(CheckpointError, match="at most 1,000 belong"):
        atomic.read_npz(tmp_path / "sparse.npz", limit=1000)


def test_an_encrypted_entry_is_one_line(tmp_path: Path) -> None:
    archive(tmp_path / "x.npz", header((0,)))
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"x\.npy is encrypted"):
        atomic.read_npz(tmp_path / "x.npz")


# ---- all of it, at random


@pytest.mark.parametrize("kind", range(len(CASES)), ids=[name.replace(" ", "-") for name, _, _ in CASES])
def test_a_slice_of_the_fuzzer(kind: int) -> None:
    with evil_module():
        wrong = [text for n in range(40) if (text := run_case(n * len(CASES) + kind, seed=0))]
    assert not wrong
