"""The fake W&B server with the real client: what arrives, and what the client does when something fails.

The tracker relies on each of these facts; a new version of wandb may change them.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import wandb
from wandb.errors import CommError

from wandb_server import WandbServer

pytestmark = pytest.mark.slow  # the stand-in and the real client; what fmnist makes of it is in test_wandb_online.py
QUIET: dict[str, Any] = {
    "silent": True,
    "console": "off",
    "disable_code": True,
    "disable_git": True,
    "finish_timeout_raises": True,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_save_requirements": False,
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WandbServer]:
    with WandbServer() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        for name in ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "NETRC"):
            monkeypatch.setenv(name, str(tmp_path / name))
        monkeypatch.delenv("WANDB_MODE")
        monkeypatch.chdir(tmp_path)
        wandb.teardown()  # it reads the environment once
        yield server
        wandb.teardown()


def start(mode: str = "online", init_timeout: float = 10, finish_timeout: float = 10, **init: Any) -> wandb.Run:
    settings = wandb.Settings(**QUIET, init_timeout=init_timeout, finish_timeout=finish_timeout)
    wandb.setup(settings)
    return wandb.init(project="fmnist", mode=mode, dir=".", settings=settings, reinit="create_new", **init)


def log(run: wandb.Run, epochs: Iterable[int]) -> None:
    for epoch in epochs:
        run.log({"epoch": epoch, "loss": 1 / epoch}, step=epoch, commit=True)


def fail_from_row_3(server: WandbServer, run: wandb.Run) -> None:
    """Rows 1 and 2 have arrived when the server begins to answer 500 to the file stream; ten rows are logged."""
    log(run, (1, 2))
    server.wait(lambda: list(server.run.history) == [1, 2])
    server.fail("file_stream")
    log(run, range(3, 11))


def sync(*options: str) -> str:
    """`wandb sync` of all runs here, without the links to the latest; its exit code says nothing."""
    folders = [str(folder) for folder in Path("wandb").glob("*run-*") if not folder.is_symlink()]
    command = [sys.executable, "-m", "wandb", "sync", *options, *folders]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=True)
    return done.stdout + done.stderr


def test_a_whole_run_arrives(server: WandbServer) -> None:
    run = start(config={"lr": 0.1}, tags=["mine"], name="first", group="study", job_type="train", notes="why")
    log(run, range(1, 4))
    run.log({"table": wandb.Table(columns=["a"], data=[[7]]), "image": wandb.Image(np.zeros((4, 4, 3), np.uint8))})
    artifact = wandb.Artifact("network", type="model", metadata={"size": 5})
    with artifact.new_file("best.npz", mode="w") as file:
        file.write("bytes")
    run.log_artifact(artifact)
    run.summary["best"] = 1
    run.tags = ("mine", "finished")
    run.finish()

    got = server.run
    assert (got.entity, got.project, got.id, got.display_name) == ("tester", "fmnist", run.id, "first")
    assert (got.group, got.job_type, got.notes, got.tags) == ("study", "train", "why", ["mine", "finished"])
    assert (got.state, got.exit_codes, got.config) == ("finished", [0], {"lr": 0.1})
    assert [(step, row.get("loss")) for step, row in got.history.items()] == [(1, 1), (2, 1 / 2), (3, 1 / 3), (4, None)]
    assert (got.summary["best"], got.summary["_step"], got.summary["table"]["nrows"]) == (1, 4, 1)
    names = {name.rpartition("/")[0] for name in got.files}
    assert names == {"", "media/table", "media/images"}
    (image,) = (data for name, data in got.files.items() if name.endswith(".png"))
    assert image.startswith(b"\x89PNG")
    table, network = got.artifacts
    assert (table.type, table.committed) == ("run_table", True)
    assert (network.name, network.type, network.metadata, network.aliases) == (
        "network",
        "model",
        {"size": 5},
        ["latest"],
    )
    assert (network.files["best.npz"], network.committed) == (b"bytes", True)


def test_a_run_that_ends_with_an_error_is_failed(server: WandbServer) -> None:
    run = start()
    assert server.run.state == "running"
    run.finish(exit_code=3)
    assert (server.run.state, server.run.exit_codes) == ("failed", [3])


@pytest.mark.parametrize("resume", [True, "must", "allow"])
def test_a_resumed_run_goes_on_with_its_step(resume: bool | str, server: WandbServer) -> None:
    run = start(config={"lr": 0.1})
    log(run, (1, 2))
    run.finish()
    run = start(id=run.id, resume=resume)
    assert (run.resumed, run.starting_step, dict(run.config)) == (True, 3, {"lr": 0.1})
    log(run, range(1, 5))  # 1 and 2 are ignored: the server has them
    run.finish()
    assert [(line, row["_step"]) for line, row in server.run.rows] == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_a_run_that_must_be_resumed_must_exist(server: WandbServer) -> None:
    with pytest.raises(wandb.errors.UsageError, match="nobody"):
        start(id="nobody", resume="must")


def test_runs_of_parallel_workers_stay_apart(server: WandbServer) -> None:
    runs = [start(config={"seed": seed}) for seed in range(3)]
    for seed, run in enumerate(runs, 1):
        log(run, range(1, seed + 1))
    for run in runs:
        run.finish()
    assert [(server.runs[run.id].config["seed"], len(server.runs[run.id].history)) for run in runs] == [
        (0, 1),
        (1, 2),
        (2, 3),
    ]


def test_an_offline_run_synced_later_arrives_whole(server: WandbServer) -> None:
    run = start(mode="offline", config={"lr": 0.1}, tags=["mine"])
    log(run, range(1, 4))
    run.log({"table": wandb.Table(columns=["a"], data=[[7]])})
    run.finish()
    wandb.teardown()
    assert server.requests == []
    assert "Finished syncing" in sync()
    got = server.run
    assert (got.id, got.state, got.config, got.tags) == (run.id, "finished", {"lr": 0.1}, ["mine"])
    assert list(got.history) == [1, 2, 3, 4]
    assert [(artifact.type, artifact.committed) for artifact in got.artifacts] == [("run_table", True)]
    count = len(server.requests)
    assert "Skipped 1 synced run(s)" in sync()
    assert len(server.requests) == count


def test_a_file_stream_that_fails_is_no_error_and_sync_sends_all_rows(
    server: WandbServer, capfd: pytest.CaptureFixture[str]
) -> None:
    run = start()
    fail_from_row_3(server, run)
    run.finish()
    wandb.teardown()
    assert capfd.readouterr() == ("", "")
    assert (list(server.run.history), server.run.state) == ([1, 2], "running")
    (internal,) = Path("wandb").glob("run-*/logs/debug-internal.log")
    assert "filestream: fatal error" in internal.read_text()

    server.clear_faults()
    assert "Skipped 1 online run(s)" in sync()
    assert "Finished syncing" in sync("--no-skip-online")
    assert (list(server.run.history), server.run.state) == (list(range(1, 11)), "finished")
    rows = [(line, row["_step"]) for line, row in server.run.rows]
    assert rows == [(0, 1), (1, 2), *((line, line - 1) for line in range(2, 12))]  # 1 and 2 twice


def test_resuming_after_a_failure_sends_what_is_missing(server: WandbServer) -> None:
    run = start()
    fail_from_row_3(server, run)
    run.finish()
    server.clear_faults()
    run = start(id=run.id, resume=True)
    log(run, range(run.starting_step, 11))
    run.finish()
    assert [row["_step"] for _, row in server.run.rows] == list(range(1, 11))


def test_a_sync_that_fails_leaves_the_mark_of_one_that_did_not(server: WandbServer) -> None:
    run = start(mode="offline")
    log(run, (1, 2))
    run.finish()
    wandb.teardown()
    server.fail("UpsertBucket")
    assert "ERROR" in sync()
    assert not list(Path("wandb").rglob("*.synced"))
    server.clear_faults()
    server.fail("file_stream")
    assert "ERROR" in sync()
    assert (server.run.history, server.run.state) == ({}, "running")
    assert len(list(Path("wandb").rglob("*.synced"))) == 1


def test_an_artifact_of_an_online_run_is_not_synced_later(server: WandbServer) -> None:
    run = start()
    server.fail("artifact")
    run.log({"table": wandb.Table(columns=["a"], data=[[7]])}, step=1)
    run.finish()
    wandb.teardown()
    server.clear_faults()
    sync("--no-skip-online")
    assert [(artifact.committed, artifact.files) for artifact in server.run.artifacts] == [(False, {})]
    assert any(name.startswith("media/table/") for name in server.run.files)


def test_a_table_without_an_answer_about_the_account_is_an_error_and_its_row_is_lost(server: WandbServer) -> None:
    run = start()
    server.fail("Viewer")
    with pytest.raises(wandb.errors.AuthenticationError):
        run.log({"epoch": 1, "table": wandb.Table(columns=["a"], data=[[7]])}, step=1)
    log(run, [2])
    run.finish()
    assert (list(server.run.history), server.run.state) == ([2], "finished")


@pytest.mark.parametrize("operation", ["UpsertBucket", "CreateRunFiles", "upload"])
def test_other_losses_are_no_errors_either(operation: str, server: WandbServer) -> None:
    run = start()
    server.fail(operation)
    run.config["lr"] = 0.1
    log(run, (1, 2))
    run.finish()
    assert (server.run.state, list(server.run.history)) == ("finished", [1, 2])
    lost = server.run.config == {} if operation == "UpsertBucket" else server.run.files == {}
    assert lost


@pytest.mark.parametrize("operation", ["UpsertBucket", "file_stream", "upload"])
def test_a_server_that_hangs_is_a_timeout_of_finish(operation: str, server: WandbServer) -> None:
    run = start(finish_timeout=1)
    run.config["lr"] = 0.1
    server.hang(operation)
    log(run, (1, 2))
    with pytest.raises(TimeoutError, match="Timed out finishing run"):
        run.finish()
    assert server.run.state == "running"


def test_a_server_that_dies_comes_back_with_what_it_has(server: WandbServer) -> None:
    run = start()
    log(run, (1, 2))
    server.wait(lambda: list(server.run.history) == [1, 2])
    server.die("file_stream")
    log(run, range(3, 11))
    run.finish()
    wandb.teardown()
    with pytest.raises(requests.ConnectionError):
        ask(server)
    assert list(server.run.history) == [1, 2]
    server.clear_faults()
    server.start()
    sync("--no-skip-online")
    assert list(server.run.history) == list(range(1, 11))


@pytest.mark.parametrize(
    ("trouble", "error", "message"),
    [
        ("wrong key", CommError, "user is not logged in"),
        ("403", CommError, "a fault: 403"),
        ("404", CommError, "a fault: 404"),
        ("429", wandb.Error, r"giving up after 2 attempt\(s\)\nwhile retrying: HTTP 429"),
        ("500", wandb.Error, r"giving up after 2 attempt\(s\)\nwhile retrying: HTTP 500"),
        ("broken", wandb.Error, "unexpected EOF"),
        ("hang", CommError, "Timed out initializing run"),
        ("close", wandb.Error, "EOF"),
        ("die", wandb.Error, "connection refused"),
    ],
)
def test_a_run_that_cannot_begin_is_an_error(
    trouble: str, error: type[Exception], message: str, server: WandbServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble == "wrong key":
        monkeypatch.setenv("WANDB_API_KEY", "1" * 40)
    elif trouble.isdigit():
        server.fail("UpsertBucket", int(trouble))
    elif trouble == "broken":
        server.break_json("UpsertBucket")
    else:
        getattr(server, trouble)("UpsertBucket")
    with pytest.raises(error, match=message):
        start(init_timeout=1 if trouble == "hang" else 10)
    assert server.runs == {}


def test_the_public_api_knows_how_far_a_run_is(server: WandbServer) -> None:
    run = start(config={"lr": 0.1})
    log(run, range(1, 4))
    run.finish()
    found = wandb.Api().run(f"tester/fmnist/{run.id}")
    assert (found.state, found.lastHistoryStep, found.summary["epoch"], found.config) == ("finished", 3, 3, {"lr": 0.1})


def ask(server: WandbServer) -> int:
    """The status that one question gets."""
    query = {"query": "query Viewer { viewer { id } }"}
    key, none = ("api", server.env["WANDB_API_KEY"]), {"http": "", "https": ""}  # no proxy
    return requests.post(f"{server.store.url}/graphql", json=query, auth=key, proxies=none).status_code


def test_a_fault_begins_after_some_requests_and_ends_after_some(server: WandbServer) -> None:
    server.fail("Viewer", 429, after=1, times=2)
    server.fail("*", 404, when=lambda variables: "name" in variables)
    assert [ask(server) for _ in range(4)] == [200, 429, 429, 200]
    assert server.operations == ["Viewer"] * 4
