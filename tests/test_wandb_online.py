"""`tracker=wandb` with a server that answers, fails, hangs and dies: what it gets, and what the user reads."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cli import summary
from fmnist.analysis.replay import send_missing
from fmnist.tracker.wandb import Wandb
from test_wandb import nobody_is_logged_in, train_run  # noqa: F401  the fixture is for all tests here
from wandb_server import WandbServer

TEN = ("trainer.epochs=10", "callbacks.progress=null", "callbacks.pictures=null", "tracker.wandb.timeout=30")
ROWS = list(range(1, 11))


@pytest.fixture
def server(nobody_is_logged_in: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[WandbServer]:  # noqa: F811
    with WandbServer() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield server


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    output = capsys.readouterr()
    assert output.err == ""
    return [line for line in output.out.splitlines() if "W&B" in line]


def receipt(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "wandb.json").read_text())


def upload(line: str) -> None:
    """Run the command that a warning names."""
    command = line[line.index("wandb sync") :].partition(" uploads ")[0].split()
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)


@pytest.fixture
def fail_in_epoch_3(server: WandbServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has rows 1 and 2 when it begins to refuse them."""
    log = Wandb.log

    def log_and_wait(self: Wandb, row: Any) -> None:
        log(self, row)
        if row["epoch"] == 2 and not server.faults:
            server.wait(lambda: server.runs and list(server.run.history) == [1, 2])
            server.fail("file_stream")

    monkeypatch.setattr(Wandb, "log", log_and_wait)


def test_a_run_that_arrives_has_a_receipt(server: WandbServer, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    folder = train_run(*TEN, "tracker.wandb.artifact=true", folder=tmp_path / "run")
    assert (server.run.state, list(server.run.history), server.run.tags) == ("finished", ROWS, ["finished"])
    (model,) = [artifact for artifact in server.run.artifacts if artifact.type == "model"]
    assert model.committed
    assert (receipt(folder)["uploaded"], receipt(folder)["complete"]) == (10, True)
    (line,) = lines(capsys)
    assert server.run.id in line


@pytest.mark.usefixtures("fail_in_epoch_3")
def test_rows_that_are_lost_are_said_with_the_command_that_uploads_them(
    server: WandbServer, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """wandb itself raises nothing here."""
    folder = train_run(*TEN, folder=tmp_path / "run")
    assert summary(folder)["state"] == "finished"
    assert server.run.state == "running"
    assert not receipt(folder)["complete"]
    _, line = lines(capsys)
    (own,) = (path for path in (folder / "wandb").glob("run-*"))
    assert line.startswith("warning: W&B has failed (the server has 2 of 10 steps); ")
    assert f"; wandb sync --no-skip-online run/wandb/{own.name} uploads run; " in line
    server.clear_faults()
    upload(line)
    assert (list(server.run.history), server.run.state) == (ROWS, "finished")


@pytest.mark.usefixtures("fail_in_epoch_3")
def test_a_run_is_mirrored_from_where_the_server_stands(
    server: WandbServer, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    folder = train_run(*TEN, folder=tmp_path / "run")
    assert receipt(folder)["uploaded"] == 2
    lines(capsys)
    server.clear_faults()
    send_missing([folder], Wandb(timeout=30), again=False)
    assert (
        "1 runs and 0 studies: W&B had 0 whole, 1 in part, 0 not at all; 1 sent"
        in capsys.readouterr().out.splitlines()[0]
    )
    assert [row["_step"] for _, row in server.run.rows] == ROWS
    assert (server.run.state, server.run.summary["state"]) == ("finished", "finished")
    count = len(server.requests)
    send_missing([folder], Wandb(timeout=30), again=False)
    assert "1 whole" in capsys.readouterr().out
    assert len(server.requests) == count  # the receipt says it


@pytest.mark.usefixtures("fail_in_epoch_3")
def test_a_resumed_run_sends_what_is_missing_in_order(server: WandbServer, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    train_run(*TEN, "trainer.epochs=5", folder=folder)
    server.clear_faults()
    server.fail("nothing")
    train_run("resume=run", "trainer.epochs=10", folder=folder)
    assert [row["_step"] for _, row in server.run.rows] == ROWS
    assert receipt(folder)["complete"]


def test_a_run_begun_offline_and_resumed_online_is_whole(server: WandbServer, tmp_path: Path) -> None:
    server.fail("UpsertBucket", 403)
    train_run(*TEN, "trainer.epochs=2", folder=tmp_path / "run")
    server.clear_faults()
    train_run("resume=run", "trainer.epochs=4", folder=tmp_path / "run")
    assert [row["_step"] for _, row in server.run.rows] == [1, 2, 3, 4]


def test_a_resumed_run_with_an_evaluation_keeps_all_rows(server: WandbServer, tmp_path: Path) -> None:
    """Media in the history would have taken the step of the next epoch."""
    train_run(*TEN, "callbacks=[default,evaluation]", "trainer.epochs=2", folder=tmp_path / "run")
    assert (list(server.run.history), receipt(tmp_path / "run")["complete"]) == ([1, 2], True)
    first = server.run.summary
    train_run("resume=run", "trainer.epochs=4", folder=tmp_path / "run")
    assert [(row["_step"], row["epoch"]) for _, row in server.run.rows] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert receipt(tmp_path / "run")["complete"]
    media = ("confusion_table", "confusion_picture", "mistakes")
    for key in media:
        assert server.run.summary[key]["sha256"] != first[key]["sha256"]
        assert {first[key]["path"], server.run.summary[key]["path"]} <= server.run.files.keys()
    assert (
        server.run.files[server.run.summary["confusion_picture"]["path"]]
        == (tmp_path / "run" / "confusion.png").read_bytes()
    )
    assert_confusion_panel(server)
    assert all(artifact.committed for artifact in server.run.artifacts)


def assert_confusion_panel(server: WandbServer) -> None:
    """W&B draws its plot from the table in the summary that the run's config names."""
    panel = server.run.raw_config["_wandb"]["value"]["visualize"]["confusion"]["panel_config"]
    assert panel["panelDefId"] == "wandb/confusion_matrix/v1"
    (query,) = panel["userQuery"]["queryFields"]
    (table,) = [field for field in query["fields"] if field["name"] == "summaryTable"]
    assert table["args"] == [{"name": "tableKey", "value": "confusion_table"}]
    assert server.run.summary["confusion_table"]["nrows"] == 100  # ten classes


def test_an_evaluation_written_offline_is_uploaded_by_the_command_that_is_named(
    server: WandbServer, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    words = ("callbacks=[default,evaluation]", "tracker.wandb.mode=offline")
    folder = train_run(*TEN, *words, folder=tmp_path / "run")
    (line,) = lines(capsys)
    assert "wandb sync run/wandb/offline-run-*" in line
    (own,) = (folder / "wandb").glob("offline-run-*")
    upload(line.replace("run/wandb/offline-run-*", str(own)).replace(" uploads it", " uploads "))
    assert (list(server.run.history), server.run.state) == (ROWS, "finished")
    assert_confusion_panel(server)
    assert {server.run.summary[key]["path"] for key in ("confusion_table", "confusion_picture", "mistakes")} < {
        *server.run.files
    }


@pytest.mark.parametrize("operation", ["UpsertBucket", "file_stream", "Run"])
def test_a_server_that_hangs_holds_a_run_up_no_longer_than_the_timeout(
    operation: str, server: WandbServer, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    server.hang(operation)
    begin = time.monotonic()
    folder = train_run(*TEN, "tracker.wandb.timeout=4", folder=tmp_path / "run")
    assert time.monotonic() - begin < 60  # the client's own patience is a week
    assert summary(folder)["state"] == "finished"
    said = lines(capsys)
    assert len(said) == (1 if operation == "UpsertBucket" else 2)
    if operation == "file_stream":
        assert "the upload took longer than 4 s" in said[1]


def test_ctrl_c_during_the_upload_ends_the_wait_alone(
    server: WandbServer, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said in one line, and the run is finished, with its table."""
    server.hang("file_stream", when=lambda request: "wandb-history.jsonl" in request.get("files", {}))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    finish = Wandb.finish

    def press() -> None:
        server.wait(lambda: "CreateRunFiles" in server.operations)
        os.kill(os.getpid(), signal.SIGINT)

    def interrupted(*arguments: Any) -> None:
        Thread(target=press).start()
        finish(*arguments)

    monkeypatch.setattr(Wandb, "finish", interrupted)
    try:
        folder = train_run(*TEN, "tracker.wandb.timeout=90", folder=tmp_path / "run")
    finally:
        signal.signal(signal.SIGINT, before)
    assert summary(folder)["state"] == "finished"
    output = capsys.readouterr().out
    assert "W&B has failed (the upload was interrupted); wandb sync --no-skip-online run/wandb/run-" in output
    assert "all 10 epochs are done" in output


def test_a_dead_server_costs_a_sweep_once(server: WandbServer, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The first trial that notices leaves word; the next one does not even ask."""
    sweep = tmp_path / "sweep"
    sweep.mkdir()
    (sweep / "multirun.yaml").write_text("study: x\n")
    server.fail("UpsertBucket", 403)
    train_run(*TEN, folder=sweep / "0")
    assert len(lines(capsys)) == 1
    count = len(server.requests)
    train_run(*TEN, folder=sweep / "1")
    assert lines(capsys) == []
    assert len(server.requests) == count
    assert len(list(sweep.glob("1/wandb/offline-run-*"))) == 1
    server.clear_faults()
    Wandb(timeout=30).start_study(sweep, "x", {}, 0).connection.finish()  # the sweep is started again
    train_run(*TEN, folder=sweep / "2")
    assert {run.state for run in server.runs.values()} == {"finished"}
    assert list(server.runs[receipt(sweep / "2")["id"]].history) == ROWS
