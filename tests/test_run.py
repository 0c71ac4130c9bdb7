"""What a run leaves behind, and that it can be trusted: figures, files, folders of their own."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from omegaconf import OmegaConf

from cli import TINY, metrics, run, summary, train, train_run
from fmnist.dataset.fashion_mnist import FashionMNIST
from fmnist.errors import FmnistError
from fmnist.files.lock import lock_folder
from options import ROOT, build, python_path
from real_data import HOW, is_here

FILES = {
    "best.npz",
    "choices.yaml",
    "command.txt",
    "config.yaml",
    "environment.json",
    "last.npz",
    "metrics.csv",
    "metrics.jsonl",
    "overrides.yaml",
    "summary.json",
    "train.log",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run("debug=tiny", "optimizer=nadam", "seed=3", cwd=tmp_path_factory.mktemp("run"))


def test_a_run_leaves_its_files_and_no_others(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES


def test_the_record_says_what_was_asked(folder: Path) -> None:
    config = OmegaConf.load(folder / "config.yaml")
    assert config.optimizer._target_ == "fmnist.optimizer.nadam.NAdam"
    assert config.seed == 3
    asked = ["debug=tiny", "optimizer=nadam", "seed=3"]
    assert OmegaConf.load(folder / "overrides.yaml") == asked
    assert (folder / "command.txt").read_text().split()[2:5] == asked
    choices = OmegaConf.load(folder / "choices.yaml")
    assert (choices.optimizer, choices.dataset, choices.loss) == ("nadam", "blobs", "cross_entropy")
    environment = json.loads((folder / "environment.json").read_text())
    assert environment["seeds"]["seed"] == 3
    assert environment["packages"]["numpy"] == np.__version__
    engine = build("engine", "auto").name
    assert (environment["engine"], summary(folder)["engine"]) == (engine, engine)
    assert ("numba" in environment["packages"]) == (engine == "numba")
    assert f"the engine is {engine}" in (folder / "train.log").read_text()
    assert environment["blas"][0]["num_threads"] == 1
    assert "epoch 5/5" in (folder / "train.log").read_text()


def test_metrics_have_one_row_per_epoch_with_the_promised_columns(folder: Path) -> None:
    rows = metrics(folder)
    columns = "epoch train/loss train/accuracy val/loss val/accuracy lr seconds examples_per_second"
    assert " ".join(rows[0]) == columns
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert float(rows[-1]["train/loss"]) < float(rows[0]["train/loss"]) / 2
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [{key: str(line[key]) for key in row} for line, row in zip(lines, rows, strict=True)] == rows
    norms = {f"{kind}_norm/dense{i}" for kind in ("weight", "gradient") for i in (1, 2)}
    assert lines[0].keys() == rows[0].keys() | norms


def test_the_summary_agrees_with_the_metrics_and_the_checkpoint(folder: Path) -> None:
    rows = metrics(folder)
    accuracies = [float(row["val/accuracy"]) for row in rows]
    result = summary(folder)
    assert result["state"] == "finished"
    assert result["value"] == max(accuracies)
    assert result["best"]["epoch"] == accuracies.index(max(accuracies)) + 1
    assert result["last"]["val/accuracy"] == accuracies[-1]
    assert result["epochs"] == 5
    assert result["parameters"] == 64 * 16 + 16 + 16 * 10 + 10
    assert result["examples"] == {"train": 900, "val": 100, "test": 200}
    with np.load(folder / "best.npz") as best:
        assert sum(array.size for array in best.values()) == result["parameters"]


def test_evaluate_finds_the_summarys_test_figures_again(folder: Path) -> None:
    done = run("-m", "fmnist", "evaluate", str(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "evaluation.json").read_text())
    (folder / "evaluation.json").unlink()
    result = summary(folder)
    assert (found["test/accuracy"], found["test/loss"]) == (result["test/accuracy"], result["test/loss"])
    C = np.array(found["confusion"])
    assert C.sum() == 200
    assert np.trace(C) / C.sum() == result["test/accuracy"]
    assert C.sum(axis=1).tolist() == found["support"]
    assert found["recall"][0] == C[0, 0] / C[0].sum()
    assert f"accuracy {result['test/accuracy']:.4f}" in done.stdout


def test_the_best_epoch_is_kept_not_the_last(tmp_path: Path) -> None:
    """A learning rate that grows to the absurd ruins the last epochs; the best network is an earlier one."""
    growing = ("scheduler=linear", "scheduler.start=0.1", "scheduler.final=300", "optimizer=adam")
    result = summary(train_run(*TINY, *growing, "trainer.epochs=8", cwd=tmp_path))
    assert result["best"]["epoch"] < 8
    assert result["test/accuracy"] > result["last"]["val/accuracy"]


def test_runs_started_in_the_same_instant_have_folders_of_their_own(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "train.py"), *TINY]
    runs = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait(60) for process in runs] == [0] * 4
    assert len(list(tmp_path.glob("outputs/*/*/summary.json"))) == 4


def test_whoever_is_refused_leaves_the_others_empty_folder_alone(tmp_path: Path) -> None:
    """Or a third process would make it anew, and two would train in a folder of one name."""
    with lock_folder(tmp_path / "run"):  # as a process does before it writes
        done = train(*TINY, "hydra.run.dir=run", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, "error: run: another process is training in this folder\n")
        assert (tmp_path / "run").is_dir()
    (tmp_path / "run").rmdir()  # nothing is left of the lock


def test_a_folder_that_was_removed_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, acquire = tmp_path / "run", FileLock.acquire

    def too_late(lock: FileLock) -> object:
        monkeypatch.setattr(FileLock, "acquire", acquire)
        folder.rmdir()
        return acquire(lock)

    monkeypatch.setattr(FileLock, "acquire", too_late)
    with lock_folder(folder):
        assert folder.is_dir()
        with pytest.raises(FmnistError, match="another process is training"), lock_folder(folder):
            pass


def test_a_lock_that_was_removed_before_it_was_taken_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process opens the lock's file, its owner removes it: the process must lock the file that is there now."""
    file, opened = tmp_path / ".lock", os.open

    def too_late(path: str, *arguments: int) -> int:
        descriptor = opened(path, *arguments)
        if Path(path) == file:
            monkeypatch.setattr(os, "open", opened)
            file.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", too_late)
    with lock_folder(tmp_path):
        with pytest.raises(FmnistError, match="another process is training"), lock_folder(tmp_path):
            pass
        assert file.exists()


def test_a_lock_can_be_waited_for(tmp_path: Path) -> None:
    held, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock_folder(tmp_path):
            held.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with pytest.raises(FmnistError, match="another process is training"), lock_folder(tmp_path, patience=0.1):
        pass
    threading.Timer(0.2, leave.set).start()
    with lock_folder(tmp_path, patience=60):
        pass
    thread.join()


def test_the_lock_of_a_killed_process_hinders_nobody(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from fmnist.files.lock import lock_folder\n"
    code += "with lock_folder(Path('run')): os._exit(9)"
    assert run("-c", code, cwd=tmp_path).returncode == 9
    assert {path.name for path in train_run(*TINY, cwd=tmp_path).iterdir()} == FILES


def test_one_folder_is_never_shared_by_two_processes(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "train.py"), *TINY, "trainer.epochs=200", "hydra.run.dir=run"]
    runs = [subprocess.Popen(command, cwd=tmp_path, stdout=-1, stderr=-1, text=True) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in runs]
    assert sorted(process.returncode for process in runs) == [0, 2, 2]
    refused = [error for error in errors if error]
    assert all("another process is training" in error or "already holds a run" in error for error in refused)
    assert summary(tmp_path / "run")["epochs"] == 200


def test_a_grid_runs_every_combination_in_hydras_order(tmp_path: Path) -> None:
    done = train("-m", *TINY, "optimizer=sgd,adam", "seed=1,2", "hydra.sweep.dir=sweep", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    result = [OmegaConf.to_object(OmegaConf.load(tmp_path / "sweep" / str(i) / "overrides.yaml")) for i in range(4)]
    assert [words[-2:] for words in result] == [
        ["optimizer=sgd", "seed=1"],
        ["optimizer=sgd", "seed=2"],
        ["optimizer=adam", "seed=1"],
        ["optimizer=adam", "seed=2"],
    ]
    alone = summary(train_run(*TINY, "optimizer=adam", "seed=2", cwd=tmp_path))
    assert summary(tmp_path / "sweep" / "3")["value"] == alone["value"]


def test_without_a_validation_part_the_test_set_judges_the_last_network(tmp_path: Path) -> None:
    folder = train_run(*TINY, "dataset.val_fraction=0", cwd=tmp_path)
    result = summary(folder)
    assert result["objective"] == "test/accuracy"
    assert result["value"] == result["test/accuracy"]
    assert result["best"]["epoch"] == 5
    assert result["examples"] == {"train": 1000, "val": 0, "test": 200}


def test_without_tracker_and_checkpoint_the_metrics_are_still_written(tmp_path: Path) -> None:
    folder = train_run(*TINY, "tracker=none", "callbacks.checkpoint=null", cwd=tmp_path)
    missing = {"best.npz", "last.npz"}
    assert {path.name for path in folder.iterdir()} == FILES - missing
    assert summary(folder)["test/accuracy"] > 0.5


def test_early_stopping_says_why(tmp_path: Path) -> None:
    patience = ("callbacks.early_stopping.patience=2", "optimizer.lr=1e-12", "trainer.epochs=50")
    result = summary(train_run(*TINY, *patience, cwd=tmp_path))
    assert result["epochs"] == 3
    assert result["reason"] == "early stopping: no better val/accuracy for 2 epochs"


ODD = """
from fmnist.activation.relu import ReLU
TABLE = {"twice": 2.0}
def rule(z):
    return z * TABLE["twice"]
class Odd(ReLU):
    rule = staticmethod(rule)
"""


def test_an_engine_that_fell_back_is_on_record(tmp_path: Path) -> None:
    pytest.importorskip("numba", reason="pip install numba")
    (tmp_path / "odd.py").write_text(ODD)
    words = (*TINY, "engine=numba", "activation._target_=odd.Odd", "hydra.run.dir=run")
    done = train(*words, cwd=tmp_path, PYTHONPATH=python_path(tmp_path, ROOT))
    assert done.returncode == 0, done.stderr
    engine = "numba, without activate"
    assert summary(tmp_path / "run")["engine"] == engine
    assert json.loads((tmp_path / "run" / "environment.json").read_text())["engine"] == engine
    assert engine in done.stdout.partition("test accuracy")[2]


@pytest.mark.skipif(not is_here(FashionMNIST), reason=f"Fashion-MNIST is {HOW}")
@pytest.mark.parametrize("experiment", ["quick", "seed_best", "final"])
def test_experiments_train_on_real_images(experiment: str, tmp_path: Path) -> None:
    small = ("dataset.train_limit=2000", "dataset.test_limit=500", "trainer.epochs=1")
    result = summary(train_run(f"experiment={experiment}", *small, cwd=tmp_path))
    assert result["dataset"] == "fashion_mnist"
    assert result["examples"]["val"] == (200 if experiment == "quick" else 0)
    assert result["test/accuracy"] > 0.4


def test_overfitting_one_batch_reaches_zero_loss(tmp_path: Path) -> None:
    result = summary(train_run("debug=overfit", "dataset=digits", "dataset.test_limit=100", cwd=tmp_path))
    assert result["examples"]["train"] == 64
    assert result["value"] < 1e-3


def test_a_plain_run_imports_nothing_heavy_that_it_does_not_use(tmp_path: Path) -> None:
    code = (
        "import runpy, sys; sys.argv = ['train.py', 'debug=tiny'];"
        f"runpy.run_path({str(ROOT / 'train.py')!r}, run_name='__main__');"
        "heavy = {'optuna', 'wandb', 'matplotlib', 'pooch', 'requests', 'sklearn', 'torch', 'pandas', 'scipy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_help_explains_the_groups_and_imports_no_numpy(tmp_path: Path) -> None:
    code = (
        "import atexit, runpy, sys; sys.argv = ['train.py', '--help'];"
        "atexit.register(lambda: print('numpy' in sys.modules));"
        f"runpy.run_path({str(ROOT / 'train.py')!r}, run_name='__main__')"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "False"
    assert "optimizer: adadelta, adagrad, adam," in done.stdout
    assert done.stdout.count("python train.py") >= 5
