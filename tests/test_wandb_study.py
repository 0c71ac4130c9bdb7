"""A sweep in W&B, live and replayed: its trials, the study as a run, and that nothing of the sweep is changed."""

import json
from pathlib import Path

import pytest

from cli import TINY, summary
from fmnist.analysis.replay import send_missing
from fmnist.errors import FmnistError
from fmnist.tracker.wandb import Wandb
from sweeps import run_sweep, trials
from test_wandb import nobody_is_logged_in  # noqa: F401  the fixture is for all tests here
from test_wandb_media import rows_of
from wandb_file import Logged, logged

# One trial is pruned, one diverges, two are completed.
WORDS = (
    "-m",
    *TINY,
    "optimizer=sgd,adam",
    "optimizer.lr=0.01,1e30",
    "hydra/sweeper/pruner=threshold",
    "hydra.sweeper.pruner.lower=0.3",
    "hydra.sweeper.n_jobs=2",
)
OFFLINE = {"WANDB_MODE": "offline", "PYTHONWARNINGS": "default"}


@pytest.fixture(scope="module")
def cwd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sweeps")


@pytest.fixture(scope="module")
def live(cwd: Path) -> Path:
    return run_sweep(*WORDS, cwd=cwd, study="live", **OFFLINE)


@pytest.fixture(scope="module")
def local(cwd: Path) -> Path:
    """The same sweep without W&B."""
    return run_sweep(*WORDS, "tracker=local", cwd=cwd, study="local", **OFFLINE)


def read_sweep(sweep: Path) -> tuple[dict[str, Logged], Logged]:
    """The trials by their name, and the study."""
    found = logged(sweep)
    (study,) = [one for one in found if one.run.job_type == "sweep"]
    return {one.run.display_name: one for one in found if one.run.job_type == "trial"}, study


def test_wandb_changes_no_trial(live: Path, local: Path) -> None:
    with_it, without = trials(live), trials(local)
    assert [(t.number, t.state, t.params, t.value, t.intermediate_values) for t in with_it] == [
        (t.number, t.state, t.params, t.value, t.intermediate_values) for t in without
    ]
    assert {t.state.name for t in with_it} == {"COMPLETE", "PRUNED", "FAIL"}
    assert not (local / "wandb").exists()


def test_every_trial_is_a_run_that_closes_with_its_state(live: Path) -> None:
    runs, _ = read_sweep(live)
    assert sorted(runs) == [str(trial.number) for trial in trials(live)]
    for trial in trials(live):
        run, own = runs[str(trial.number)], summary(live / str(trial.number))
        assert run.run.run_group == "live"
        assert run.summary["state"] == own["state"]
        assert list(run.run.tags) == [own["state"]]
        assert run.exit_code == (1 if own["state"] == "diverged" else 0)
        assert len(run.history) == own["epochs"]
        assert {key: run.config[key] for key in trial.params} == trial.params


def test_the_study_is_a_run_with_all_trials(live: Path) -> None:
    says_what_the_study_is(live, "live")


def says_what_the_study_is(sweep: Path, name: str) -> None:
    _, study = read_sweep(sweep)
    assert (study.run.display_name, study.run.run_group, study.exit_code) == (name, name, 0)
    assert list(study.run.tags) == ["finished"]
    artifacts = [one for one in study.artifacts if one.name.endswith("-trials")]
    columns = json.loads(table_of(artifacts[-1]).read_text())["columns"]
    rows = [dict(zip(columns, row, strict=True)) for row in rows_of(artifacts[-1], "trials")]
    found = {trial.number: trial for trial in trials(sweep)}
    assert {row["number"] for row in rows} == set(found)
    for row in rows:
        trial = found[row["number"]]
        assert row["val/accuracy"] == trial.value
        assert row["state"] == {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}[trial.state.name]
        assert {key: row[key] for key in trial.params} == trial.params
    last = [row for row in study.history if "trials/complete" in row][-1]
    values = [trial.value for trial in found.values() if trial.state.name == "COMPLETE"]
    assert last["best/val/accuracy"] == max(values)
    assert [last[f"trials/{state}"] for state in ("complete", "pruned", "failed")] == [
        sum(trial.state.name == state for trial in found.values()) for state in ("COMPLETE", "PRUNED", "FAIL")
    ]
    assert study.summary["best"]["value"] == max(values)


def table_of(artifact: object) -> Path:
    (entry,) = [one for one in artifact.manifest.contents if one.path.endswith(".table.json")]  # type: ignore[attr-defined]
    return Path(entry.local_path)


def test_an_old_sweep_is_replayed_as_if_it_had_been_live(
    live: Path, local: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(local.parents[1])
    settings = Wandb(mode="offline")
    send_missing([Path("multirun/local")], settings, again=False)
    assert capsys.readouterr().out.splitlines() == [
        "4 runs and 1 studies: W&B had 0 whole, 0 in part, 5 not at all; 5 sent",
        "offline; wandb sync multirun/local/*/wandb/offline-run-* multirun/local/wandb/offline-run-* uploads them",
    ]
    says_what_the_study_is(local, "local")
    replayed, _ = read_sweep(local)
    for name, run in read_sweep(live)[0].items():
        other = replayed[name]
        for figure in ("train/loss", "val/accuracy", "gradient_norm/dense1", "_step"):
            assert [row[figure] for row in other.history] == [row[figure] for row in run.history]
        assert other.summary["state"] == run.summary["state"]
        assert other.exit_code == run.exit_code
        assert (other.run.run_group, run.run.run_group) == ("local", "live")

    send_missing([Path("multirun/local")], settings, again=False)
    assert "; 0 sent" in capsys.readouterr().out
    assert len(logged(local)) == 5
    send_missing([Path("multirun/local/0")], settings, again=True)
    assert len(logged(local / "0")) == 2


def test_the_mirror_says_what_wandb_says(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    with pytest.raises(FmnistError, match="WANDB_MODE=disabled"):
        send_missing([local], Wandb(), again=True)
