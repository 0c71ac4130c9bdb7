"""Every way to run a sweep's trials has every feature; docs/sweeps.md has the table.

local: slots of the sweep's own.  launcher: loops that joblib starts.  worker: `python -m fmnist worker`, with SQLite.
"""

import json
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess

import optuna
import pytest

from cli import run
from options import CONF, ROOT
from sweeps import trial_summary

# Optuna closes a database's connections when the process ends.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
    pytest.mark.skipif(
        not find_spec("hydra_plugins.hydra_joblib_launcher"), reason="pip install hydra-joblib-launcher"
    ),
]

# train.py, but for some learning rates something happens.
EVENTFUL = f"""
import os, time
from pathlib import Path
import hydra
import train
from fmnist.terminal.user_errors import report_user_errors

@hydra.main(version_base="1.3", config_path={str(CONF)!r}, config_name="config")
def main(config):
    began = Path(f"began-{{config.optimizer.lr}}")
    again = began.exists()
    began.touch()
    match config.optimizer.lr:
        case 0.05:
            time.sleep(300)
        case 0.02 if not again:
            os.kill(os.getpid(), 9)
        case 0.04:
            os.kill(os.getpid(), 9)
    return train.train(config)

if __name__ == "__main__":
    with report_user_errors():
        main()
"""

# A task without a run. The first trial finds no room on the disk, then it fails; the third one takes longer than 4 s.
PLAIN = f"""
import errno, time
from pathlib import Path
import hydra
from fmnist.config import resolvers
from fmnist.terminal.user_errors import report_user_errors

@hydra.main(version_base="1.3", config_path={str(CONF)!r}, config_name="config")
def main(config):
    began = Path("began")
    if config.seed == 0 and not began.exists():
        began.touch()
        raise OSError(errno.ENOSPC, "No space left on device")
    if config.seed == 0:
        raise ValueError("no luck")
    if config.seed == 2:
        time.sleep(5)
    return {{1: 0.1, 2: 0.2}}.get(config.seed, 0.0)

if __name__ == "__main__":
    with report_user_errors():
        main()
"""


class Program:
    """A script in a folder, as a sweep of which the trials are run in one of the ways."""

    def __init__(self, way: str, script: str | Path, folder: Path) -> None:
        self.way, self.script, self.folder = way, script, folder
        self.url = f"sqlite:///{folder}/s.db" if way == "worker" else str(folder / "multirun" / "s" / "study.journal")

    def sweep(self, *words: str, n_jobs: int = 2) -> CompletedProcess[str]:
        words = (str(self.script), *words, "study=s", f"hydra.sweeper.n_jobs={n_jobs}")
        launcher = ("hydra/launcher=joblib", f"hydra.launcher.n_jobs={n_jobs}")
        match self.way:
            case "local":
                return run(*words, cwd=self.folder)
            case "launcher":
                return run(*words, *launcher, cwd=self.folder)
        # What cannot start any trial begins the study all the same.
        nothing = ("hydra/launcher=joblib", "hydra.launcher.batch_size=nonsense", f"hydra.sweeper.storage={self.url}")
        assert run(*words, *nothing, cwd=self.folder).stderr.startswith("error: hydra/launcher=joblib: ")
        worker = ("-m", "fmnist", "worker", "--storage", self.url, "--study", "s", "--n-jobs", str(n_jobs))
        return run(*worker, cwd=self.folder)

    def trials(self) -> list[optuna.trial.FrozenTrial]:
        from optuna.storages.journal import JournalFileBackend

        if self.way == "worker":
            return optuna.load_study(study_name="s", storage=self.url).trials
        storage = optuna.storages.JournalStorage(JournalFileBackend(self.url))
        return optuna.load_study(study_name="s", storage=storage).trials

    @property
    def home(self) -> Path:
        return self.folder / "multirun" / "s"

    @property
    def summary(self) -> dict:
        return json.loads((self.home / "summary.json").read_text())


@pytest.fixture(params=["local", "launcher", "worker"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def program(way: str, tmp_path: Path) -> Callable[[str], Program]:
    def program(text: str) -> Program:
        script = tmp_path / "program.py"
        script.write_text(text)
        return Program(way, script, tmp_path)

    return program


# With random points, which do not depend on what has ended before.
SEARCH = (
    *("sweep=smoke", "hydra/sweeper/sampler=random", "hydra.sweeper.n_trials=4", "model.width=8,16"),
    *("hydra.sweeper.objectives=[val/accuracy,parameters]", "hydra.sweeper.seeds=2"),
    "hydra.sweeper.enqueue=[{optimizer: momentum, optimizer.lr: 0.02, optimizer.momentum: 0.9, model.width: 8}]",
    *("trainer.epochs=2", "callbacks.progress=null", "callbacks.pictures=null"),
)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Program:
    program = Program("local", ROOT / "train.py", tmp_path_factory.mktemp("local"))
    done = program.sweep(*SEARCH)
    assert (done.returncode, done.stderr) == (0, "")
    return program


@pytest.mark.parametrize("way", ["launcher", "worker"])
def test_a_search_of_two_objectives_is_that_of_the_local_slots(way: str, local: Program, tmp_path: Path) -> None:
    """Conditions, two seeds for each trial, and a point that was asked for."""
    program = Program(way, ROOT / "train.py", tmp_path)
    done = program.sweep(*SEARCH)
    assert (done.returncode, done.stderr) == (0, "")
    ours, theirs = program.trials(), local.trials()
    assert [(trial.state.name, trial.params, trial.values) for trial in ours] == [
        (trial.state.name, trial.params, trial.values) for trial in theirs
    ]
    assert ours[0].params == {
        "optimizer": "momentum", "optimizer.lr": 0.02, "optimizer.momentum": 0.9, "model.width": 8,
    }  # fmt: skip
    assert all(("optimizer.momentum" in trial.params) == (trial.params["optimizer"] == "momentum") for trial in ours)
    for trial in ours:
        runs = [trial_summary(program.home, f"{trial.number}/seed-{i}") for i in (0, 1)]
        assert trial.values[0] == pytest.approx((runs[0]["value"] + runs[1]["value"]) / 2, abs=1e-15)
        assert trial.values[1] == runs[0]["parameters"]
    for name in ("pareto_front", "top"):
        numbers = [[trial["number"] for trial in one.summary[name]] for one in (program, local)]
        assert numbers[0] == numbers[1] != []
    files = {"trials.csv", "summary.json", "optimization_results.yaml", "best.yaml", "experiment"}
    assert {file.name for file in program.home.iterdir()} >= files


def test_each_end_of_a_trial_has_its_reason(program: Callable[[str], Program]) -> None:
    """Complete, pruned, diverged, too slow, dead once and started again, dead twice."""
    sweep = program(EVENTFUL)
    done = sweep.sweep(
        *("-m", "debug=tiny", "callbacks.progress=null", "optimizer.lr=0.03,1e-12,1e30,0.05,0.02,0.04"),
        *("hydra/sweeper/pruner=threshold", "hydra.sweeper.pruner.lower=0.3", "hydra.sweeper.pruner.n_warmup_steps=2"),
        *("hydra.sweeper.trial_timeout=12", "hydra.sweeper.retries=1"),
    )
    lost = "lost: trials 5, whose processes died; hydra.sweeper.retries starts such trials again"
    assert (done.returncode, done.stderr) == (1, f"error: {lost}\n")
    trials = sweep.trials()
    assert [trial.state.name for trial in trials] == ["COMPLETE", "PRUNED", "FAIL", "FAIL", "COMPLETE", "FAIL"]
    reasons = [trial.user_attrs.get("reason", "") for trial in trials]
    assert reasons[1] == f"pruned after epoch {len(trials[1].intermediate_values)}"
    assert reasons[2].startswith("diverged")
    assert reasons[3] == "timed out after 12 s (hydra.sweeper.trial_timeout)"
    assert reasons[5] == "the worker died (signal 9)"
    assert [trial.user_attrs["attempts"] for trial in trials] == [1, 1, 1, 1, 2, 2]
    for number in (0, 4):
        assert trials[number].value == trial_summary(sweep.home, number)["value"]
    assert sweep.summary["counts"] == {"complete": 2, "pruned": 1, "failed": 3, "running": 0, "waiting": 0}
    assert [failure["reason"] for failure in sweep.summary["failures"]] == [reasons[n] for n in (2, 3, 5)]


# What a sweep of one worker is started with, its exit code, the states that it leaves, and why it has stopped.
LIMITS = [
    ((), 1, "WWWWWW", "the disk is full (trial 0: "),
    (("max_failures=1",), 1, "FWWWWW", "stopped after 1 failed trials (hydra.sweeper.max_failures)"),
    (("target=0.05",), 0, "FCWWWW", "val/accuracy 0.1 of trial 1 is enough (hydra.sweeper.target)"),
    (("timeout=4",), 0, "FCCWWW", "no trial starts after 4 s (hydra.sweeper.timeout)"),
    (("stagnation=1",), 0, "FCCCWW", "1 trials without a better one (hydra.sweeper.stagnation)"),
]


# A worker is a sweep with local slots that begins no study.
@pytest.mark.parametrize("way", ["local", "launcher", pytest.param("worker", marks=pytest.mark.slow)])
def test_each_limit_ends_a_sweep_that_goes_on_later(program: Callable[[str], Program]) -> None:
    sweep = program(PLAIN)
    before = "WWWWWW"
    for limit, code, states, reason in LIMITS:
        done = sweep.sweep("-m", "seed=range(0,6)", *(f"hydra.sweeper.{one}" for one in limit), n_jobs=1)
        assert done.returncode == code, done.stderr + done.stdout
        assert "".join(trial.state.name[0] for trial in sweep.trials()) == states
        assert reason in (done.stderr if code else done.stdout)
        # A line for each trial that has ended now, and none for those that had before.
        changed = [number for number in range(6) if states[number] != before[number]]
        assert re.findall(r"^\d/6  trial (\d) ", done.stdout, re.MULTILINE) == [str(number) for number in changed]
        assert sweep.summary["counts"]["waiting"] == states.count("W")
        before = states


def test_a_launchers_loop_that_starts_late_has_no_time_of_its_own(tmp_path: Path) -> None:
    """joblib with one job runs the second loop when the first has ended, as a cluster's queue may do."""
    (tmp_path / "program.py").write_text(PLAIN)
    sweep = Program("local", tmp_path / "program.py", tmp_path)
    done = sweep.sweep("-m", "seed=2,3", "hydra/launcher=joblib", "hydra.launcher.n_jobs=1", "hydra.sweeper.timeout=4")
    assert done.returncode == 0, done.stderr
    assert [trial.state.name for trial in sweep.trials()] == ["COMPLETE", "WAITING"]


def test_the_table_of_features_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "sweeps.md").read_text()
    (table,) = re.findall(r"^\| feature \| local .*\n((?:\|.*\n)+)", page, re.MULTILINE)
    named = re.findall(r"`(test_\w+)", table)
    assert len(named) >= 12
    tests = "\n".join(f"def {file.stem}(\n{file.read_text()}" for file in (ROOT / "tests").glob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in tests] == []
