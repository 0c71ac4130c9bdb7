"""Every mistake of a user is one line that names the key, the value and what is allowed; no traceback, no folder."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import TINY, run, summary, train, train_run
from fuzz_overrides import SMALL, machinery, message_of

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
    "trainer=null": ("trainer=null", "one of default"),
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

# These are asked in this process, see fuzz_overrides.py.
MORE_MISTAKES = {
    "callbacks.progress=1": ("callbacks.progress=1", "null, which leaves it out"),
    "callbacks.early_stopping=true": ("callbacks.early_stopping=true", "null, which leaves it out"),
    "+callbacks.foo=word": ("callbacks.foo=word", "null, which leaves it out"),
    "callbacks=5": ("callbacks=5", "one of checkpoint, default"),
    "tracker=[1]": ("tracker=[1]",),
    "tracker=[[a]]": ("tracker=[[a]]",),
    "init=zeros init._target_=fmnist.loss.mse.MSE": ("init._target_=fmnist.loss.mse.MSE", "a class of the kind Init"),
    "-m ~hydra/sweeper/sampler": ("hydra.sweeper.sampler=", "an option of the group hydra/sweeper/sampler"),
    "resume=1": ("resume=1", "null or text"),
    "resume=true": ("resume=true", "null or text"),
    "resume=[a]": ("resume=[a]", "null or text"),
    "study={a:1}": ("study={a:1}", "null or a name"),
    "study=../up": ("study=../up", "null or a name"),
    "optimizer._target_=fmnist.optimizer.adam.Adm": ("optimizer._target_=fmnist.optimizer.adam.Adm", "imported"),
    "optimizer._target_=null": ("optimizer._target_=null", "the full name of a dataclass"),
    "optimizer._target_=5": ("optimizer._target_=5", "the full name of a dataclass"),
    "loss=mse loss._target_=fmnist.augment.none.NoAugment": ("loss._target_=", "a class of the kind Loss"),
    "~optimizer._target_": ("optimizer={lr:", "optimizer._target_"),
    "+optimizer=sgd": ("+optimizer=sgd", "allowed is optimizer=sgd, without the +"),
    "++optimizer=sgd": ("++optimizer=sgd", "allowed is optimizer=sgd, without the ++"),
    "+optimizer.lr=1": ("+optimizer.lr=1", "allowed is optimizer.lr=1, without the +"),
    "loss=mse loss.label_smoothing=0.1": ("loss.label_smoothing=0.1", "loss has none"),
    "model.layers=100000000000000000000": ("model.layers=100000000000000000000", "from 0 to 10000"),
    "model.width=10000000": ("model.width=10000000", "GiB of memory; this machine has"),
    "dataset.examples=1000000000000": ("dataset.examples=1000000000000", "fit into memory"),
    "dataset.val_fraction=1e-5": ("dataset.val_fraction=1e-05", "at least 1 of the 1000 examples"),
    "augment=shift augment.pixels=1e20": ("augment.pixels=1e+20", "a whole number from 0"),
    "augment=shift augment.pixels=100000000000000000000": ("augment.pixels=1000", "a whole number from 0 to"),
    "seed=100000000000000000000": ("seed=100000000000000000000", "a whole number from 0 to"),
    "~seed": ("seed=", "a value"),
    "~resume": ("'resume'",),
    "seed=${nothing}": ("seed=${nothing}", "'nothing' not found"),
    "optimizer.lr=${nothing}": ("optimizer.lr=${nothing}", "'nothing' not found"),
    f"optimizer.lr={'x' * 5000}": ("optimizer.lr=xxx", "(5000 characters)", "above 0"),
    f"optimizer.lr={'9' * 5000}": ("optimizer.lr=999", "4300 digits"),
    "optimizer=nadam optimizer.momentum_decay='inf'": ("optimizer.momentum_decay=inf", "a number from 0 up"),
    "tracker=wandb tracker.wandb.project=5": ("tracker.wandb.project=5", "null or text"),
    "tracker=wandb tracker.wandb.entity=true": ("tracker.wandb.entity=true", "null or text"),
    "tracker=wandb tracker.wandb.name=[a]": ("tracker.wandb.name=[a]", "null or text"),
    "tracker=wandb tracker.wandb.notes={a:1}": ("tracker.wandb.notes={a:1}", "null or text"),
    "tracker=mlflow tracker.mlflow.experiment=null": ("tracker.mlflow.experiment=null", "the name of an experiment"),
    "tracker=wandb tracker.wandb=5": ("tracker.wandb=5", "null, which leaves it out"),
    "hydra.mode=FOO": ("hydra.mode=FOO", "RUN, MULTIRUN"),
    "hydra.run.dir=": ("hydra.run.dir=", "the path of a folder"),
    "--config-dir nowhere": ("--config-dir", "nowhere", "not found"),
    "-m hydra.sweep.dir=": ("hydra.sweep.dir=", "the path of a folder"),
    "-m hydra.sweeper.params=5": ("hydra.sweeper.params=5", "a mapping"),
    "-m hydra.sweeper.objectives=2": ("hydra.sweeper.objectives=2", "a list of metrics"),
    "-m optimizer.lr=0.1,abc": ("optimizer.lr=abc", "a number above 0"),
    "-m optimizer=interval(0,1)": ("optimizer=0", "one of adadelta"),
    "-m hydra/sweeper/pruner=threshold hydra.sweeper.pruner._one_of_=5": ("pruner._one_of_=5", "a list of names"),
    "loss._target_=nowhere.MSE": ("loss._target_=nowhere.MSE", "No module named 'nowhere'"),
    "-m hydra.sweeper.dry_run=true optimizer=sgd,adm": ("optimizer=adm", "did you mean adam?"),
    "-m hydra.sweeper.dry_run=true model.width=8,16,0": ("model.width=0", "from 1 up"),
    "-m optimizer=adam,sgd optimizer.beta1=0.8,0.9": ("optimizer.beta1=0.8,0.9", "one of the keys lr"),
    "-m hydra/sweeper/pruner=median hydra.sweeper.pruner.n_warmup_steps=a": ("n_warmup_steps=a", "MedianPruner takes"),
}


@pytest.fixture(scope="module")
def in_process() -> Iterator[None]:
    with machinery():
        yield


@pytest.mark.parametrize("words", MORE_MISTAKES, ids=lambda words: words[:80])
def test_a_mistake_is_one_line_with_the_key_and_what_is_allowed(words: str, in_process: None) -> None:
    asked = words.split()
    fixed = [word for word in SMALL if word.partition("=")[0] not in {key.partition("=")[0] for key in asked}]
    code, errors = message_of([*asked, *fixed])
    assert code == 2
    assert len(errors.splitlines()) == 1, errors
    assert errors.startswith("error: ")
    for part in MORE_MISTAKES[words]:
        assert part in errors
    assert len(errors) < 700
    assert not any(path.is_file() for path in Path().rglob("*"))


def test_a_combination_that_a_search_may_never_try_is_no_mistake(in_process: None) -> None:
    """model.layers=3 does not go with the first width, but with the second."""
    space = ("-m", "hydra.sweeper.dry_run=true", "model.layers=2,3", "model.width=choice([8,4],16)")
    assert message_of([*space, "dataset=blobs", "tracker=none"]) == (0, "")


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
    folder = train_run(*TINY, cwd=tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = train(*TINY, "seed=2", "hydra.run.dir=run", cwd=tmp_path)
    assert done.returncode == 2
    assert "already holds a run; resume=run goes on with it" in done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_resume_takes_no_other_experiment(tmp_path: Path) -> None:
    train_run(*TINY, cwd=tmp_path)
    done = train("resume=run", "optimizer=sgd", cwd=tmp_path)
    assert done.returncode == 2
    assert "optimizer=sgd: allowed is only trainer.epochs beside resume" in done.stderr


@pytest.mark.parametrize("file", ["last.npz", "best.npz"])
def test_a_checkpoint_of_another_architecture_is_refused(file: str, tmp_path: Path) -> None:
    folder = train_run(*TINY, cwd=tmp_path)
    other = train_run(*TINY, "model.width=17", cwd=tmp_path, folder="other")
    (other / file).replace(folder / file)
    if file == "last.npz":
        done = train("resume=run", cwd=tmp_path)
    else:
        done = run("-m", "fmnist", "evaluate", "run", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert f"run/{file} is of another architecture: dense1.W is (64, 17) there, (64, 16) in this network" in done.stderr


def test_a_checkpoint_of_another_optimizer_is_refused(tmp_path: Path) -> None:
    folder = train_run(*TINY, cwd=tmp_path)
    other = train_run(*TINY, "optimizer=adamax", cwd=tmp_path, folder="other")
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
    file = train_run(*TINY, cwd=tmp_path) / "last.npz"
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
