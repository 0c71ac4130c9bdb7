"""Several machines, one study: a real PostgreSQL server, several sweeps, and whatever may die."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from optuna.trial import FrozenTrial

from cli import metrics, summary, train
from postgres import PASSWORD, Server, Sweep, counts, free_port, missing, trials

pytestmark = [pytest.mark.slow, pytest.mark.skipif(missing() is not None, reason=str(missing()))]

EPOCHS = 3  # of sweep=smoke


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def sweeps() -> Iterator[list[Sweep]]:
    """What the test starts; nothing outlives it."""
    started: list[Sweep] = []
    yield started
    for sweep in started:
        sweep.kill()


def words(url: str, n_trials: int, *more: str) -> list[str]:
    return ["sweep=smoke", "study=x", f"hydra.sweeper.storage={url}", f"hydra.sweeper.n_trials={n_trials}", *more]


def epochs(run: Path) -> list[str]:
    return [row["epoch"] for row in metrics(run)]


def agrees_with_its_run(trial: FrozenTrial, run: Path) -> None:
    """The value is that of the trial's own run, which was trained to its end once."""
    assert trial.state.name == "COMPLETE"
    assert trial.value == summary(run)["value"]
    assert epochs(run) == [str(epoch) for epoch in range(1, EPOCHS + 1)]
    log = (run / "train.log").read_text()
    assert log.count(f"epoch {EPOCHS}/{EPOCHS} ") <= 1  # 0: killed behind the checkpoint


def test_two_machines_started_at_once_share_one_budget(server: Server, sweeps: list[Sweep], tmp_path: Path) -> None:
    """They create the database's tables, the study and its queue at the same instant."""
    url = server.database("shared")
    hosts = "red", "blue"
    folders = [tmp_path / host for host in hosts]
    for folder, host in zip(folders, hosts, strict=True):
        sweeps.append(Sweep(*words(url, 10), cwd=folder, host=host))
    for sweep in sweeps:
        assert sweep.end() == (0, "")
        assert sweep.count_finished() > 0
    assert sum(sweep.count_finished() for sweep in sweeps) == 10

    found = trials(url, "x")
    assert [trial.number for trial in found] == list(range(10))
    assert [trial.user_attrs["attempts"] for trial in found] == [1] * 10
    for trial in found:
        runs = {run for folder in folders for run in folder.glob(f"multirun/x/{trial.number}")}
        assert len(runs) == 1
        agrees_with_its_run(trial, runs.pop())


@pytest.mark.slow  # test_sweep_kill.py has it with a journal
def test_workers_come_and_die_and_the_budget_is_kept(server: Server, sweeps: list[Sweep], tmp_path: Path) -> None:
    url = server.database("come_and_go")
    sweeps.append(Sweep(*words(url, 8), cwd=tmp_path))
    sweeps.append(Sweep(*words(url, 8), cwd=tmp_path))
    sweeps[0].wait_until_finished(2)
    sweeps.append(Sweep(*words(url, 8), cwd=tmp_path))
    sweeps[1].wait_until_finished(3)
    sweeps[1].kill()
    for late in (sweeps[0], sweeps[2]):
        assert late.end() == (0, "")
    sweeps.append(Sweep(*words(url, 9), cwd=tmp_path))  # and with a larger budget there is more to do
    assert sweeps[3].end() == (0, "")

    found = trials(url, "x")
    assert [trial.number for trial in found] == list(range(9))
    for trial in found:
        agrees_with_its_run(trial, tmp_path / "multirun" / "x" / str(trial.number))


@pytest.mark.slow  # test_sweep_kill.py has it with a journal
def test_a_later_start_takes_up_what_the_dead_left(server: Server, sweeps: list[Sweep], tmp_path: Path) -> None:
    url = server.database("left_behind")
    for n in (1, 2):
        sweeps.append(Sweep(*words(url, 6, "hydra.sweeper.n_jobs=2"), cwd=tmp_path))
        sweeps[-1].wait_until_finished(n)
        sweeps[-1].kill()
    left = counts(trials(url, "x"))
    assert left["WAITING"] + left.get("RUNNING", 0) > 0
    sweeps.append(Sweep(*words(url, 6), cwd=tmp_path))
    assert sweeps[-1].end() == (0, "")

    found = trials(url, "x")
    assert [trial.number for trial in found] == list(range(6))
    for trial in found:
        agrees_with_its_run(trial, tmp_path / "multirun" / "x" / str(trial.number))


def test_a_server_that_dies_ends_the_sweep_with_a_line_and_the_sweep_goes_on_later(
    server: Server, sweeps: list[Sweep], tmp_path: Path
) -> None:
    url = server.database("dies")
    sweeps.append(Sweep(*words(url, 8, "hydra.sweeper.n_jobs=2", "hydra.sweeper.reconnect=0"), cwd=tmp_path))
    sweeps[0].wait_until_finished(3)
    server.kill()
    try:
        code, error = sweeps[0].end()
    finally:
        server.start()
    assert code == 2
    assert error.count("\n") == 1, error
    assert error.startswith(f"error: hydra.sweeper.storage={url} does not answer (")
    assert "Traceback" not in sweeps[0].out.read_text()
    assert counts(trials(url, "x"))["COMPLETE"] < 8

    sweeps.append(Sweep(*words(url, 8, "hydra.sweeper.n_jobs=2"), cwd=tmp_path))
    assert sweeps[1].end() == (0, "")
    found = trials(url, "x")
    assert [trial.number for trial in found] == list(range(8))
    for trial in found:
        agrees_with_its_run(trial, tmp_path / "multirun" / "x" / str(trial.number))


@pytest.mark.parametrize(
    ("storage", "reason"),
    [
        ("postgresql://guarded:wr@ng/secret@127.0.0.1:{port}/postgres", "failed to resolve host"),
        ("postgresql://guarded:wrong-secret@127.0.0.1:{port}/postgres", "password authentication failed"),
        ("postgresql://fmnist:secret@127.0.0.1:{closed}/postgres", "Connection refused"),
        ("postgresql://fmnist@127.0.0.1:{port}/nowhere?password=secret", 'database "nowhere" does not exist'),
        # PostgreSQL gives a guest no tables of his own in `public`.
        ("postgresql://guarded:{right}@127.0.0.1:{port}/postgres", "permission denied"),
        ("postgrex://fmnist:secret@127.0.0.1:{port}/postgres", "not the URL of a database"),
        ("nonsense", "not the URL of a database"),
        ("oracle://fmnist:secret@127.0.0.1:{port}/postgres", "driver is not installed (No module named"),
    ],
    ids=["odd password", "wrong password", "port", "database", "rights", "scheme", "nonsense", "driver"],
)
def test_a_storage_that_cannot_be_had_is_one_line(server: Server, tmp_path: Path, storage: str, reason: str) -> None:
    url = storage.format(port=server.port, closed=free_port(), right=PASSWORD)
    done = train(*words(f"'{url}'", 2), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: hydra.sweeper.storage=")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert "secret" not in done.stderr + done.stdout
    assert PASSWORD not in done.stderr + done.stdout
    assert not (tmp_path / "multirun").exists()


def test_a_password_is_never_printed(server: Server, sweeps: list[Sweep], tmp_path: Path) -> None:
    """Nor by Hydra's launchers, which print the overrides of every job, nor in a trial's folder."""
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="pip install hydra-joblib-launcher")
    url = server.database("guarded").replace("fmnist@", f"guarded:{PASSWORD}@")
    server.sql("ALTER DATABASE guarded OWNER TO guarded")
    for launcher in ("basic", "joblib"):
        sweeps.append(Sweep(*words(url, 2, f"hydra/launcher={launcher}", f"study={launcher}"), cwd=tmp_path))
        assert sweeps[-1].end() == (0, "")
        assert PASSWORD not in sweeps[-1].out.read_text()
        run = tmp_path / "multirun" / launcher / "0"
        assert PASSWORD not in "".join(file.read_text() for file in run.iterdir() if file.suffix != ".npz")
        for trial in trials(url, launcher):
            assert re.fullmatch(r"\[.*\]", str(list(trial.intermediate_values.values())))
            assert len(trial.intermediate_values) == EPOCHS  # reported through the storage
