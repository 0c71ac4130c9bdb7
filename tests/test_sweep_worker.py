"""`python -m fmnist worker`: part of a sweep from wherever, with storage and study and nothing else."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import optuna
import pytest

from cli import metrics, run, train
from fmnist.files.lock import lock_folder
from options import ROOT, python_path
from sweeps import RunningSweep, trials

LONG = ("-m", "dataset=blobs", "dataset.examples=12000", "trainer.epochs=40", "tracker=none", "callbacks.pictures=null")
UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]  # process ids of its own, as in a container
NAMESPACES = subprocess.run([*UNSHARE, "true"], check=False, capture_output=True).returncode == 0


class Worker:
    """One in the background, in a folder of its own or the sweep's."""

    def __init__(self, url: str, cwd: Path, *more: str, before: Sequence[str] = ()) -> None:
        command = [*before, sys.executable, "-m", "fmnist", "worker", "--storage", url, "--study", "s", *more]
        env = {**os.environ, "PYTHONPATH": python_path(ROOT), "COLUMNS": "200"}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=cwd, env=env, stdout=pipe, stderr=pipe, text=True)

    def end(self) -> tuple[int, str, str]:
        output, errors = self.process.communicate(timeout=120)
        return self.process.returncode, output, errors


def epochs(folder: Path) -> list[int]:
    return [int(row["epoch"]) for row in metrics(folder)]


def stored(url: str) -> list[optuna.trial.FrozenTrial]:
    return optuna.load_study(study_name="s", storage=url).trials


def wait_for(path: Path) -> None:
    until = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not come"
        time.sleep(0.02)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/s.db"


@pytest.mark.slow
def test_a_worker_shares_the_sweeps_trials_and_both_end_when_all_have(tmp_path: Path, url: str) -> None:
    going = RunningSweep(*LONG, "trainer.epochs=10", "seed=range(0,4)", f"hydra.sweeper.storage={url}", cwd=tmp_path)
    going.wait_for_epoch(0)
    worker = Worker(url, tmp_path)
    code, output, errors = worker.end()
    assert (code, errors) == (0, "")
    assert going.end()[0] == 0
    assert "4 complete" in output
    found = stored(url)
    assert [trial.state.name for trial in found] == ["COMPLETE"] * 4
    assert len({trial.user_attrs["owner"]["pid"] for trial in found}) == 2
    assert [epochs(going.folder / str(n)) for n in range(4)] == [list(range(1, 11))] * 4


def test_at_sigterm_a_worker_hands_its_trial_back_and_the_next_goes_on_from_there(tmp_path: Path, url: str) -> None:
    words = (*LONG, "seed=1,2", f"hydra.sweeper.storage={url}")
    going = RunningSweep(*words, cwd=tmp_path)
    going.wait_for_epoch(0)
    going.process.send_signal(signal.SIGTERM)
    code, output, _ = going.end()
    assert code == 128 + signal.SIGTERM
    assert [trial.state.name for trial in stored(url)] == ["WAITING", "WAITING"]
    done = epochs(going.folder / "0")
    assert done == list(range(1, len(done) + 1))
    assert 0 < len(done) < 40
    code, output, errors = Worker(url, tmp_path).end()
    assert (code, errors) == (0, "")
    assert "trial 0 goes on in multirun/s/0" in output
    assert epochs(going.folder / "0") == list(range(1, 41))  # none of them twice
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    assert train(*LONG, "seed=1,2", "study=s", cwd=undisturbed).returncode == 0
    assert [trial.value for trial in stored(url)] == [trial.value for trial in trials(undisturbed / "multirun" / "s")]


@pytest.mark.slow  # test_sweep_queue.py has it without processes
@pytest.mark.skipif(not NAMESPACES, reason="this machine lets nobody unshare process ids")
def test_a_container_with_the_same_host_name_is_another_machine(tmp_path: Path, url: str) -> None:
    """What lives there is left alone, and what died there is taken over when its lease has expired."""
    words = (*LONG, "seed=1,2", "hydra.sweeper.lease=4", f"hydra.sweeper.storage={url}")
    going = RunningSweep(*words, cwd=tmp_path)
    going.wait_for_epoch(0)
    container = Worker(url, tmp_path, before=UNSHARE)
    wait_for(going.folder / "1" / "last.npz")
    container.process.kill()
    container.process.communicate()
    code, output, errors = going.end()
    assert (code, errors) == (0, "")
    assert [trial.state.name for trial in stored(url)] == ["COMPLETE", "COMPLETE"]
    assert [trial.user_attrs["attempts"] for trial in stored(url)] == [1, 2]
    assert "trial 1 goes on in multirun/s/1" in output
    assert [epochs(going.folder / n) for n in "01"] == [list(range(1, 41))] * 2


@pytest.mark.slow  # handed back as above, in another folder
def test_a_folder_that_is_not_shared_is_made_anew(tmp_path: Path, url: str) -> None:
    going = RunningSweep(*LONG, "seed=1,2", f"hydra.sweeper.storage={url}", cwd=tmp_path)
    going.wait_for_epoch(0)
    going.process.send_signal(signal.SIGTERM)
    going.end()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code, output, errors = Worker(url, elsewhere).end()
    assert (code, errors) == (0, "")
    assert "trial 0 starts again, for here is no multirun/s/0" in output
    assert epochs(elsewhere / "multirun" / "s" / "0") == list(range(1, 41))


@pytest.mark.slow
def test_a_trial_waits_for_the_process_that_has_lost_it_and_goes_on_with_what_that_leaves(
    tmp_path: Path, url: str
) -> None:
    """Its lease has expired while it was stopped, say, and it still trains in the folder."""
    going = RunningSweep(*LONG, "seed=1,2", f"hydra.sweeper.storage={url}", cwd=tmp_path)
    going.wait_for_epoch(0)
    going.process.send_signal(signal.SIGTERM)
    going.end()
    run, done = going.folder / "0", epochs(going.folder / "0")
    left = run.rename(tmp_path / "left")
    with lock_folder(run):
        worker = Worker(url, tmp_path, "--n-jobs", "2")
        going.wait_for_epoch(1)
        assert [trial.state.name for trial in stored(url)] == ["RUNNING", "RUNNING"]
        for file in left.iterdir():
            file.rename(run / file.name)
    code, _, errors = worker.end()
    assert (code, errors) == (0, "")
    assert [trial.state.name for trial in stored(url)] == ["COMPLETE", "COMPLETE"]
    assert epochs(run) == list(range(1, 41))
    lines = [int(epoch) for epoch in re.findall(r" epoch +(\d+)/40 ", (run / "train.log").read_text())]
    assert lines == [*done[:-1], *range(done[-1] + 1, 41)]  # that of the last one was not written any more


@pytest.mark.parametrize(("study", "said"), [("other", "there is no study=other in hydra.sweeper.storage=sqlite:///")])
def test_a_study_that_is_not_there_is_named(study: str, said: str, tmp_path: Path, url: str) -> None:
    optuna.create_study(study_name="s", storage=url)
    done = run("-m", "fmnist", "worker", "--storage", url, "--study", study, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {said}")
    assert done.stderr.count("\n") == 1


def test_a_study_of_something_else_is_refused(tmp_path: Path, url: str) -> None:
    optuna.create_study(study_name="s", storage=url)
    done = run("-m", "fmnist", "worker", "--storage", url, "--study", "s", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "error: study=s is not one of a sweep that `-m` or sweep= has begun\n"


def test_an_error_of_the_launcher_is_no_trials(tmp_path: Path) -> None:
    words = ("-m", "debug=tiny", "tracker=none", "seed=1,2", "hydra/launcher=joblib", "study=s")
    done = train(*words, "hydra.launcher.batch_size=nonsense", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: hydra/launcher=joblib: ")
    assert "Traceback" not in done.stderr
    assert [trial.state.name for trial in trials(tmp_path / "multirun" / "s")] == ["WAITING", "WAITING"]
    done = train(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [trial.state.name for trial in trials(tmp_path / "multirun" / "s")] == ["COMPLETE", "COMPLETE"]
