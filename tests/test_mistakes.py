"""Every mistake of a user is one line that names the key, the value and what is allowed; no traceback, no folder."""

import gzip
from pathlib import Path

import pytest

from cli import TINY, run, summary, train, trained

MISTAKES = {
    "optimizer=adm": ("optimizer=adm", "did you mean adam?"),
    "optimizer.lr=-1": ("optimizer.lr=-1", "above 0"),
    "optimizer.lr=abc": ("optimizer.lr=abc", "a number"),
    "optimizer.lr=nan": ("optimizer.lr=nan", "above 0"),
    "optimizer.momentum=0.9": ("optimizer.momentum=0.9", "lr, weight_decay, decoupled, beta1, beta2, eps"),
    "+optimizer.momentum=0.9": ("optimizer.momentum=0.9", "lr, weight_decay, decoupled, beta1, beta2, eps"),
    "optimzer=adam": ("optimzer=adam", "did you mean optimizer?"),
    "+colour=red": ("colour=red", "optimizer"),
    "~optimizer": ("optimizer=null", "an option of the group"),
    "trainer=null": ("the name of one of its options",),
    "optimizer.lr=[1": ("optimizer.lr=[1", "key=value"),
    "model.layers=-1": ("model.layers=-1", "from 0 up"),
    "model.width=[64,32] model.layers=3": ("model.width=[64,32]", "layers=3"),
    "model.norm=bath": ("model.norm=bath", "did you mean batch?"),
    "trainer.batch_size=0": ("trainer.batch_size=0", "from 1 up"),
    "trainer.batch_size=901": ("trainer.batch_size=901", "at most the 900 training examples"),
    "trainer.epoch=3": ("trainer.epoch=3", "did you mean epochs?"),
    "dataset.val_fraction=1": ("dataset.val_fraction=1", "not including, 1"),
    "dataset=mnist dataset.folder=nowhere": ("dataset.folder=nowhere",),
    "dataset.train_limit=1001": ("dataset.train_limit=1001", "from 1 to 1000"),
    "objective=val/acuracy": ("objective=val/acuracy", "did you mean val/accuracy?"),
    "callbacks.early_stopping.patience=0": ("callbacks.early_stopping.patience=0", "from 1 up"),
    "tracker.mode=offline": ("tracker.mode=offline", "did you mean tracker.wandb.mode?"),
    "++tracker.mode=offline": ("tracker.mode=offline", "like tracker.wandb.mode"),
    "tracker=local tracker.mode=offline": ("tracker.mode=offline", "tracker has none"),
    "tracker.wandb.mode=onlin": ("tracker.wandb.mode=onlin", "did you mean online?"),
    "tracker=[wandb,nope]": ("tracker/nope",),
    "seed=-1": ("seed=-1", "from 0 up"),
    "resume=nowhere": ("resume=nowhere", "config.yaml"),
    "hydra.run.dir=a_file/run": ("hydra.run.dir=", "a_file/run", "can be written"),
    "-m hydra.sweep.dir=a_file/sweep": ("hydra.sweep.dir=", "a_file/sweep", "can be written"),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_clear_line(words: str, tmp_path: Path) -> None:
    (tmp_path / "a_file").touch()
    overrides = words.split()
    alone = any(word.startswith(("dataset=", "resume=", "~")) for word in overrides)
    done = train(*overrides, *(() if alone else TINY), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("error: ")
    for part in MISTAKES[words]:
        assert part in done.stderr
    left_behind = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "a_file"]
    assert left_behind == []


def test_a_mistake_never_removes_the_users_own_folder(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert train(*TINY, "optimizer.lr=-1", "hydra.run.dir=run", cwd=tmp_path / "mine").returncode == 2
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_run_that_diverges_says_so_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    done = train(*TINY, "optimizer=sgd", "optimizer.lr=1e30", "hydra.run.dir=run", cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "diverged in epoch 1" in done.stderr
    assert "smaller optimizer.lr" in done.stderr
    assert summary(tmp_path / "run")["state"] == "diverged"
    assert (tmp_path / "run" / "metrics.csv").read_text().count("\n") == 1  # the head; no epoch was finished


def test_divergence_later_on_keeps_the_epochs_before(tmp_path: Path) -> None:
    growing = ("scheduler=linear", "scheduler.start=1e-6", "scheduler.final=1e30", "trainer.epochs=3")
    # One step an epoch: the first is small, the second explodes, the third sees it.
    done = train(*TINY, *growing, "optimizer=sgd", "trainer.batch_size=900", "hydra.run.dir=run", cwd=tmp_path)
    assert done.returncode == 1
    assert summary(tmp_path / "run")["epochs"] >= 1
    assert len((tmp_path / "run" / "metrics.csv").read_text().splitlines()) == 1 + summary(tmp_path / "run")["epochs"]
    assert (tmp_path / "run" / "last.npz").exists()


def test_a_folder_that_holds_a_run_is_not_used_for_another(tmp_path: Path) -> None:
    folder = trained(*TINY, cwd=tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = train(*TINY, "seed=2", "hydra.run.dir=run", cwd=tmp_path)
    assert done.returncode == 2
    assert "already holds a run; resume=run goes on with it" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_resume_takes_no_other_experiment(tmp_path: Path) -> None:
    trained(*TINY, cwd=tmp_path)
    done = train("resume=run", "optimizer=sgd", cwd=tmp_path)
    assert done.returncode == 2
    assert "optimizer=sgd: allowed is only trainer.epochs beside resume" in done.stderr


@pytest.mark.parametrize("file", ["last.npz", "best.npz"])
def test_a_checkpoint_of_another_architecture_is_refused(file: str, tmp_path: Path) -> None:
    folder = trained(*TINY, cwd=tmp_path)
    other = trained(*TINY, "model.width=17", cwd=tmp_path, folder="other")
    (other / file).replace(folder / file)
    if file == "last.npz":
        done = train("resume=run", cwd=tmp_path)
    else:
        done = run("-m", "fmnist", "evaluate", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"run/{file} is of another architecture: dense1.W is (64, 17) there, (64, 16) in this network" in done.stderr


def test_a_checkpoint_of_another_optimizer_is_refused(tmp_path: Path) -> None:
    folder = trained(*TINY, cwd=tmp_path)
    other = trained(*TINY, "optimizer=adamax", cwd=tmp_path, folder="other")
    (other / "last.npz").replace(folder / "last.npz")
    done = train("resume=run", cwd=tmp_path)
    assert done.returncode == 2
    assert "run/last.npz is of another optimizer: AdaMax, not Adam" in done.stderr


def test_a_data_file_that_is_not_the_official_one_is_named(tmp_path: Path) -> None:
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{part}-ubyte.gz").write_bytes(gzip.compress(b"another file"))
    done = train("dataset.folder=.", cwd=tmp_path, FMNIST_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "train-images-idx3-ubyte.gz: truncated or another file" in done.stderr
    assert "expected 8d4fb7e6c68d591d4c3dfef9ec88bf0d" in done.stderr


@pytest.mark.parametrize("keep", [0, 1000])
def test_a_truncated_checkpoint_is_refused(keep: int, tmp_path: Path) -> None:
    file = trained(*TINY, cwd=tmp_path) / "last.npz"
    file.write_bytes(file.read_bytes()[:keep])
    done = train("resume=run", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "run/last.npz: not a whole checkpoint" in done.stderr


@pytest.mark.parametrize("words", [("evaluate", "nowhere"), ("evaluate",), ("evalate", "x")])
def test_mistakes_behind_python_m_fmnist_show_no_traceback(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run("-m", "fmnist", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
