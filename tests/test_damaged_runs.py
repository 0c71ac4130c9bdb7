"""One damaged run, or a damaged study, hides none of the others: a line says which file, and why."""

import json
import shutil
from pathlib import Path

import pytest

from cli import TINY
from fmnist.analysis.best_experiments import write_best_experiments
from fmnist.analysis.comparison import compare
from fmnist.analysis.curves import draw_curves
from fmnist.analysis.replay import send_missing
from fmnist.analysis.report.page import write_report
from fmnist.errors import FmnistError
from fmnist.run.stored import find_runs
from fmnist.tracker.wandb import Wandb
from sweeps import run_sweep

SUMMARY = {"state": "finished", "reason": "", "objective": "val/accuracy", "value": 0.5, "best": {}, "last": {}}
ALWAYS = {  # what any command needs
    "config.yaml": [
        (b"", "not a mapping"),
        (b"- 1\n", "not a mapping"),
        (b"a: [1\n", "expected"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"objective: [1]\n", "objective: [1] is not what a run writes there"),
        (b"objective: val/accuracy\nseed: [1]\n", "seed: [1] is not"),
        (b"objective: val/accuracy\noptimizer: {1: 2}\n", "optimizer: the key 1 is not text"),
    ],
    "choices.yaml": [
        (None, "No such file"),
        (b"", "not a mapping"),
        (b"adam", "not a mapping"),
        (b"optimizer: [adam]\n", "optimizer: [adam] is not"),
        (b"optimizer: 5\n", "optimizer: 5 is not"),
        (b"optimizer: \xe9\n", "UTF-8"),
    ],
    "summary.json": [
        (b"", "Expecting value"),
        (b'{"state": "fini', "Unterminated"),
        (b"[]", "not a mapping"),
        (b'"finished"', "not a mapping"),
        (b"[" * 100_000, "recursion"),
        (b"\xff\xfe{}", "codec"),
        *(
            (json.dumps(SUMMARY | {key: value}).encode(), f"{key}: ")
            for key, value in [
                ("state", 5),
                ("reason", None),
                ("objective", ["val/accuracy"]),
                ("value", "0.5"),
                ("value", True),
                ("best", []),
                ("last", None),
                ("test/accuracy", {}),
                ("seconds", "long"),
            ]
        ),
        (json.dumps(SUMMARY | {"best": {"val/accuracy": "high"}}).encode(), "best.val/accuracy: high is not"),
    ],
    "overrides.yaml": [(b"{a: 1}", "not a list of overrides"), (b"[1, 2]", "not a list of overrides")],
}
EPOCHS = {  # what only the report, the curves and the mirror need
    "metrics.jsonl": [
        (b'{"epoch": 1}\n{"epoch": 2, "val/acc', "Unterminated"),
        (b"\xff\n", "codec"),
        (b"[1, 2]\n", "line 1 is no epoch"),
        (b'{"epoch": 1}\n{"epoch": 2, "val/loss": "x"}\n', "line 2, val/loss: x is not"),
        (b'{"val/loss": 1}\n', "line 1 has no epoch"),
    ],
    "environment.json": [
        (b"{", "Expecting"),
        (b"{}x", "Extra data"),
        (b'{"git": 5}', "git: 5"),
        (b'{"cpu": "x"}', "no "),
    ],
}


def cases(table: dict[str, list[tuple[bytes | None, str]]]) -> list[tuple[str, bytes | None, str]]:
    return [(name, content, why) for name, contents in table.items() for content, why in contents]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_sweep("-m", *TINY, "trainer.epochs=2", "seed=1,2,3", cwd=tmp_path_factory.mktemp("damaged"))


@pytest.fixture
def sweep(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(whole, tmp_path / "s")
    monkeypatch.chdir(tmp_path)
    return Path("s")


def damage(file: Path, content: bytes | None) -> None:
    file.unlink()
    if content is not None:
        file.write_bytes(content)


@pytest.mark.parametrize(("name", "content", "why"), cases(ALWAYS), ids=str)
def test_a_damaged_run_is_left_out_and_named(
    name: str, content: bytes | None, why: str, sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(sweep / "1" / name, content)
    compare([sweep])
    output, errors = capsys.readouterr()
    assert "2 runs in 1 setting: 2 finished" in output
    (line,) = errors.splitlines()
    assert line.startswith(f"skipped: s/1/{name}: ")
    assert why in line


@pytest.mark.parametrize(("name", "content", "why"), cases(EPOCHS), ids=str)
def test_damaged_epochs_are_named_where_epochs_are_wanted(
    name: str, content: bytes | None, why: str, sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(sweep / "1" / name, content)
    assert len(find_runs([sweep])) == 3
    assert [run.folder.name for run in find_runs([sweep], epochs=True)] == ["0", "2"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"skipped: s/1/{name}: ")
    assert why in line


def test_every_command_goes_on_without_the_damaged_runs(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(sweep / "0" / "summary.json", b"{")
    write_best_experiments(sweep, 1)
    assert capsys.readouterr().err.startswith("skipped: s/0/summary.json: ")
    damage(sweep / "1" / "metrics.jsonl", b"{\n")
    draw_curves([sweep])
    assert len(capsys.readouterr().err.splitlines()) == 2
    page = write_report([sweep]).read_text()
    errors = capsys.readouterr().err
    assert [line.split(": ")[1] for line in errors.splitlines()] == ["s/0/summary.json", "s/1/metrics.jsonl"]
    assert "s/2" in page


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("study.journal", b"{}\n{}\n"),
        ("study.journal", b"\xff\xff\n"),
        ("multirun.yaml", b"- 1\n"),
        ("summary.json", b"[]"),
        ("summary.json", b'{"objectives": 5}'),
    ],
)
def test_a_damaged_study_hides_no_run(
    name: str, content: bytes, sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "multirun.yaml":
        (sweep / "study.journal").unlink()  # otherwise nobody reads it
    damage(sweep / name, content)
    page = write_report([sweep]).read_text()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"skipped: s/{name}: ")
    assert "s/0" in page
    assert "s/2" in page


def test_the_mirror_goes_on_without_the_damaged_runs(
    sweep: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WANDB_MODE")
    damage(sweep / "1" / "config.yaml", b"{")
    damage(sweep / "study.journal", b"{}\n")
    sent: list[str] = []

    class Sent:
        failure, address, online = "", "here", False

    def send_run(folder: Path, tracker: Wandb, known: str | None) -> Sent:
        sent.append(folder.name)
        return Sent()

    monkeypatch.setattr("fmnist.analysis.replay.send_run", send_run)
    send_missing([sweep], Wandb(mode="offline"), again=True)
    assert sent == ["0", "2"]
    assert [line.split(": ")[:2] for line in capsys.readouterr().err.splitlines()] == [
        ["skipped", "s/1/config.yaml"],
        ["skipped", str(sweep.absolute())],
    ]


def test_a_run_that_nobody_can_place_is_damaged(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sweep / "1" / "summary.json").unlink()  # where there is none, the config names the objective
    damage(sweep / "1" / "config.yaml", b"seed: 1\n")
    assert len(find_runs([sweep])) == 2
    assert capsys.readouterr().err == "skipped: s/1/config.yaml: it has no objective\n"


def test_if_all_are_damaged_there_is_nothing_to_compare(sweep: Path) -> None:
    for number in range(3):
        damage(sweep / str(number) / "choices.yaml", None)
    with pytest.raises(FmnistError, match=r"^no run can be read, of 3 in s$"):
        compare([sweep])
