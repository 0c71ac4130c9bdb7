"""A run that is killed and resumed ends exactly as one that was never stopped."""

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cli import TINY, metrics, summary, train, train_run
from fmnist.init.zeros import Zeros
from options import ROOT, build

# Everything that has a memory: generators, running statistics, momenta, a schedule, patience.
STATEFUL = (
    "debug=tiny",
    "dataset.examples=4000",
    "dataset.noise=150",
    "model.norm=batch",
    "model.dropout=0.2",
    "model.input_dropout=0.1",
    "augment=flip_shift",
    "optimizer=nadam",
    "scheduler=one_cycle",
    "trainer.clip_norm=1",
    "trainer.epochs=12",
    "callbacks.early_stopping.patience=6",
)
CLOCK = ("seconds", "examples_per_second")


def timeless(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: value for key, value in row.items() if key not in CLOCK} for row in rows]


def arrays(file: Path) -> dict[str, object]:
    """All of a checkpoint to the bit; the clock's figures left out."""
    with np.load(file) as archive:
        state: dict[str, object] = {name: array.tobytes() for name, array in archive.items() if name != "session"}
        if "session" in archive:
            text = json.loads(str(archive["session"]))
            state["session"] = text | {"history": timeless(text["history"])}
    return state


def same(a: Path, b: Path) -> None:
    for file in ("best.npz", "last.npz"):
        assert arrays(a / file) == arrays(b / file), file
    rows = [timeless(metrics(folder)) for folder in (a, b)]
    assert rows[0] == rows[1]
    both = [summary(folder) for folder in (a, b)]
    for summary_ in both:
        summary_.pop("seconds")
        summary_.pop("timing")
        summary_["best"], summary_["last"] = timeless([summary_["best"], summary_["last"]])
    assert both[0] == both[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nobody stopped."""
    return train_run(*STATEFUL, cwd=tmp_path_factory.mktemp("whole"))


def test_the_same_config_and_seed_give_the_same_bits(whole: Path, tmp_path: Path) -> None:
    same(whole, train_run(*STATEFUL, cwd=tmp_path))


def test_another_seed_gives_other_bits(whole: Path, tmp_path: Path) -> None:
    other = train_run(*STATEFUL, "seed=2", cwd=tmp_path)
    assert arrays(other / "last.npz") != arrays(whole / "last.npz")


def test_killed_and_resumed_ends_as_never_stopped(whole: Path, tmp_path: Path) -> None:
    dice = random.Random(0)
    command = [sys.executable, str(ROOT / "train.py")]
    words = [*STATEFUL, "hydra.run.dir=run"]
    kills = 0
    while kills < 3:
        process = subprocess.Popen([*command, *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        wanted = dice.randint(1, 3)  # as many epochs of this start are seen before the kill
        for line in process.stdout:
            wanted -= line.startswith("epoch ")
            if wanted == 0:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
        process.stdout.close()
        if process.wait(60) == 0:
            break
        words = ["resume=run"]
    assert kills >= 1
    done = train("resume=run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    same(whole, tmp_path / "run")


def test_resuming_a_finished_run_changes_nothing(whole: Path, tmp_path: Path) -> None:
    folder = train_run(*STATEFUL, cwd=tmp_path)
    done = train("resume=run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not any(line.startswith("epoch ") for line in done.stdout.splitlines())
    same(whole, folder)


def test_a_run_killed_before_its_first_checkpoint_starts_again(tmp_path: Path) -> None:
    folder = train_run(*TINY, cwd=tmp_path)
    other = train_run(*TINY, cwd=tmp_path, folder="other")
    for file in ("best.npz", "last.npz", "summary.json"):
        (other / file).unlink()
    assert train("resume=other", cwd=tmp_path).returncode == 0
    same(folder, other)


def test_more_epochs_go_on_where_the_run_stopped(tmp_path: Path) -> None:
    """With a constant learning rate, 2 epochs and 3 more are 5 epochs."""
    straight = train_run(*TINY, "scheduler=constant", cwd=tmp_path, folder="straight")
    halved = train_run(*TINY, "scheduler=constant", "trainer.epochs=2", cwd=tmp_path, folder="halved")
    done = train("resume=halved", "trainer.epochs=5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    same(straight, halved)


# Two epochs from before layers declared their parameters: an MLP 20 → 6 → 10 with batch norm and dropout.
OLD_RUN = Path(__file__).parent / "data" / "old_run"


def test_a_network_of_an_old_checkpoint_gives_the_logits_it_gave_then() -> None:
    mlp = build("model", "mlp", layers=1, width=6, norm="batch", activation=build("activation", "relu"), init=Zeros())
    unused = np.random.default_rng(0)
    network = mlp.network((4, 5), 10, init_rng=unused, dropout_rng=unused)
    with np.load(OLD_RUN / "last.npz") as checkpoint, np.load(OLD_RUN / "outputs.npz") as outputs:
        names = [name.removeprefix("network/") for name in checkpoint if name.startswith("network/")]
        assert list(network.state()) == names
        network.load({name: checkpoint[f"network/{name}"] for name in names}, "old")
        np.testing.assert_allclose(network.forward(outputs["x"]), outputs["logits"], rtol=1e-4, atol=1e-6)


def test_an_old_run_goes_on_as_it_did_then(tmp_path: Path) -> None:
    """Its momenta, running statistics and generators are taken over: the third epoch has the figures it had."""
    shutil.copytree(OLD_RUN, tmp_path / "run")
    done = train("resume=run", "trainer.epochs=3", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = metrics(tmp_path / "run")
    losses = [2.4205753444466325, 2.1004685032119355, 1.903974873200059]
    assert [float(row["train/loss"]) for row in rows] == pytest.approx(losses, rel=1e-4)
    assert float(rows[-1]["val/loss"]) == pytest.approx(1.6391096782684327, rel=1e-4)


def test_ctrl_c_is_a_short_word_and_a_run_to_go_on_with(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "train.py"), "debug=tiny", "trainer.epochs=100000", "hydra.run.dir=run"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=-1, stderr=-1, text=True) as process:
        try:
            assert process.stdout is not None
            next(line for line in process.stdout if line.startswith("epoch "))
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=60)
        finally:  # or a failure would disturb the tests behind this one
            process.kill()
    assert process.returncode == 130
    assert error == "error: interrupted; resume=run goes on with it\n"
    assert summary(tmp_path / "run")["state"] == "interrupted"
