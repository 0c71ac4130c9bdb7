"""`tracker=wandb` with the real client: what it wrote is read back from its own files, and nothing that goes wrong
there reaches the run."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
import wandb
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import open_dict

import fmnist.config.resolvers  # noqa: F401  config.yaml uses them
from cli import metrics, run, summary
from fmnist.errors import ConfigError, FmnistError
from fmnist.terminal.console import get_console
from fmnist.tracker.wandb import Wandb
from fmnist.tracker.weights_and_biases.service import quiet_threads
from options import CONF, python_path
from train import train
from wandb_file import Logged, logged

FIGURES = ("train/loss", "train/accuracy", "val/loss", "val/accuracy", "lr", "epoch")


@pytest.fixture(autouse=True)
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "no-settings"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    get_console.cache_clear()
    wandb.teardown()  # it reads the environment once
    yield
    wandb.teardown()
    get_console.cache_clear()


def train_run(*words: str, folder: Path) -> Path:
    """`python train.py debug=tiny …` in this process."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=["debug=tiny", *words], return_hydra_config=True)
    with open_dict(config):
        config.hydra.runtime.output_dir = str(folder)
        config.hydra.overrides.task = list(words)
    HydraConfig.instance().set_config(config)
    with open_dict(config):
        del config["hydra"]
    train(config)
    return folder


def only(folder: Path) -> Logged:
    (found,) = logged(folder)
    return found


def row_by_row(found: Logged, names: tuple[str, ...] = FIGURES) -> list[dict[str, Any]]:
    return [{name: row[name] for name in names} for row in found.history]


def test_wandb_gets_a_run_as_its_files_have_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "model.width=[16,8]",
        "model.layers=2",
        "tracker.wandb.tags=[mine]",
        "tracker.wandb.notes=why",
        "tracker.wandb.artifact=true",
    )
    folder = train_run(*words, folder=tmp_path / "run")
    found, result = only(folder), summary(folder)
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert row_by_row(found, tuple(rows[0])) == rows
    assert [row["_step"] for row in found.history] == [1, 2, 3, 4, 5]
    assert found.metrics["*"].step_metric == "epoch"
    assert {f"{kind}_norm/dense{i}" for kind in ("weight", "gradient") for i in (1, 2, 3)} < set(rows[0])

    config = found.config
    assert (config["optimizer"], config["optimizer.lr"], config["model.width"]) == ("adam", 0.01, "[16,8]")
    assert config["config"]["optimizer"]["lr"] == 0.01
    assert config["config"]["model"]["width"] == [16, 8]
    assert config["environment"] == json.loads((folder / "environment.json").read_text())

    assert found.summary["state"] == "finished"
    assert found.summary["reason"] == "all 5 epochs are done"
    assert found.summary["best/val/accuracy"] == result["best"]["val/accuracy"]
    for name in ("test/accuracy", "test/loss", "value", "parameters", "seconds"):
        assert found.summary[name] == result[name]
    assert found.exit_code == 0
    assert (found.run.project, found.run.display_name, found.run.job_type) == ("fmnist", "run", "train")
    assert (found.run.notes, list(found.run.tags)) == ("why", ["mine", "finished"])
    (artifact,) = found.artifacts
    assert artifact.type == "model"
    (entry,) = artifact.manifest.contents
    assert entry.path == "best.npz"
    assert entry.size == (folder / "best.npz").stat().st_size

    output = capsys.readouterr()
    (line,) = [line for line in output.out.splitlines() if "W&B" in line]
    assert line == "W&B: offline (no API key: wandb login); wandb sync run/wandb/offline-run-* uploads it"
    assert output.err == ""


def test_wandb_changes_no_figure(tmp_path: Path) -> None:
    with_it, without = (train_run(f"tracker={name}", folder=tmp_path / name) for name in ("wandb", "local"))
    assert [{name: row[name] for name in FIGURES} for row in metrics(with_it)] == [
        {name: row[name] for name in FIGURES} for row in metrics(without)
    ]
    assert summary(with_it)["test/loss"] == summary(without)["test/loss"]


def test_a_run_that_diverges_fails_in_wandb_too(tmp_path: Path) -> None:
    with pytest.raises(FmnistError):
        train_run("optimizer=sgd", "optimizer.lr=1e30", folder=tmp_path / "run")
    found = only(tmp_path / "run")
    assert found.exit_code == 1
    assert found.summary["state"] == "diverged"
    assert "diverged in epoch 1" in found.summary["reason"]
    assert list(found.run.tags) == ["diverged"]


def test_a_resumed_run_goes_on_in_the_same_wandb_run(tmp_path: Path) -> None:
    train_run("trainer.epochs=2", folder=tmp_path / "run")
    train_run("resume=run", "trainer.epochs=4", folder=tmp_path / "run")
    first, second = logged(tmp_path / "run")
    assert first.run.run_id == second.run.run_id
    assert [row["epoch"] for row in first.history + second.history] == [1, 2, 3, 4]
    assert [row["_step"] for row in first.history + second.history] == [1, 2, 3, 4]


def test_runs_in_one_process_stay_apart(tmp_path: Path) -> None:
    for seed in (1, 2):
        train_run(f"seed={seed}", folder=tmp_path / str(seed))
    one, two = only(tmp_path / "1"), only(tmp_path / "2")
    assert (one.config["seed"], two.config["seed"]) == (1, 2)
    assert len(one.history) == len(two.history) == 5
    assert one.run.run_id != two.run.run_id


def test_disabled_means_not_even_imported(tmp_path: Path) -> None:
    code = (
        "import runpy, sys; sys.argv = ['train.py', 'debug=tiny', 'hydra.run.dir=run']\n"
        f"runpy.run_path({str(CONF.parent / 'train.py')!r}, run_name='__main__'); print('wandb' in sys.modules)"
    )
    done = run("-c", code, cwd=tmp_path, WANDB_MODE="disabled")
    assert done.stdout.splitlines()[-1] == "False", done.stderr
    assert not (tmp_path / "run" / "wandb").exists()


KILLED_IN_EPOCH_2 = """
import os, signal
from pathlib import Path
import psutil
from fmnist.tracker.wandb import Wandb
from test_wandb import services, train_run

log = Wandb.log

def log_and_kill(self, row):
    if row["epoch"] == 2 and self.folder == Path("run"):
        while not (self.connection.address and services(os.getpid())):
            pass
        (service,) = services(os.getpid())
        os.kill(service, signal.SIGKILL)
        while psutil.pid_exists(service) and psutil.Process(service).status() != psutil.STATUS_ZOMBIE:
            pass
    log(self, row)

Wandb.log = log_and_kill
for name in ("run", "next"):
    train_run("callbacks.progress=null", folder=Path(name))
"""


def test_a_killed_service_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    """wandb-core is killed while it serves the run; the next run in that process gets a new one."""
    done = run("-c", KILLED_IN_EPOCH_2, cwd=tmp_path, PYTHONPATH=python_path(CONF.parent, CONF.parent / "tests"))
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = [line for line in done.stdout.splitlines() if "warning" in line]
    assert line.startswith("warning: W&B has failed (")
    assert "); python -m fmnist mirror run sends what it has not got; " in line
    train_run("tracker=local", folder=tmp_path / "local")
    assert [row["val/loss"] for row in metrics(tmp_path / "run")] == [
        row["val/loss"] for row in metrics(tmp_path / "local")
    ]
    found = only(tmp_path / "next")
    assert (len(found.history), found.exit_code) == (5, 0)


def services(pid: int) -> list[int]:
    """The wandb-core processes of a process; it may have other children, git for one."""
    return [child.pid for child in psutil.Process(pid).children() if child.name().startswith("wandb-core")]


def test_a_service_that_has_ended_is_replaced(tmp_path: Path) -> None:
    """Its address was inherited; every run and study would be lost."""
    for service in ("3-1-unix-/nonexistent", "of another version"):
        done = run(
            str(CONF.parent / "train.py"),
            "debug=tiny",
            f"hydra.run.dir={len(service)}",
            cwd=tmp_path,
            WANDB_SERVICE=service,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "warning" not in done.stdout
        assert only(tmp_path / str(len(service))).exit_code == 0


def test_threads_that_have_lost_their_service_are_quiet_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []
    monkeypatch.setattr(threading, "excepthook", lambda failed: heard.append(failed.exc_type))
    for _ in range(2):
        quiet_threads()
        for error in (wandb.Error("lost"), ValueError("mine")):
            thread = threading.Thread(target=fail, args=(error,))
            thread.start()
            thread.join()
    assert heard == [ValueError, ValueError]


def fail(error: Exception) -> None:
    raise error


class Refuses(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b'{"errors": [{"message": "invalid API key"}]}')

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Refuses) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        ("unreachable", "connection refused"),
        ("wrong key", "invalid API key"),
        ("bad key", "40+ characters"),
        ("no key", "no API key"),
    ],
)
def test_who_cannot_be_online_is_offline(
    trouble: str,
    word: str,
    server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9" if trouble == "unreachable" else server)
    if trouble != "no key":
        monkeypatch.setenv("WANDB_API_KEY", "short" if trouble == "bad key" else "0" * 40)
    folder = train_run("tracker.wandb.mode=online", "tracker.wandb.timeout=1", folder=tmp_path / "run")
    output = capsys.readouterr()
    (line,) = [line for line in output.out.splitlines() if "W&B" in line]
    assert line.startswith("W&B: offline (")
    assert word in line
    assert output.err == ""
    offline = logged(folder)[-1]
    assert offline.folder.name.startswith("offline-run-")
    assert (len(offline.history), offline.exit_code) == (5, 0)


def test_a_folder_that_wandb_cannot_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "wandb").write_text("in the way")
    folder = train_run(folder=tmp_path / "run")
    output = capsys.readouterr()
    assert summary(folder)["state"] == "finished"
    assert sum("warning" in line for line in output.out.splitlines()) == 1
    assert output.err == ""


def test_a_missing_wandb_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "wandb.py").write_text("raise ImportError('no wandb here')")
    words = ("train.py", "debug=tiny", "hydra.run.dir=run")
    done = run(str(CONF.parent / words[0]), *words[1:], cwd=tmp_path, PYTHONPATH=python_path(tmp_path, CONF.parent))
    assert done.returncode == 0
    assert done.stderr == ""
    assert "warning: W&B has failed (no wandb here); " in done.stdout


@pytest.mark.parametrize(
    ("key", "value"), [("mode", "onlin"), ("timeout", 0), ("artifact", "yes"), ("tags", "mine"), ("tags", [1])]
)
def test_a_value_that_is_not_allowed_is_named(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{key}="):
        Wandb(**{key: value})
