"""`python -m fmnist compare`: real runs, with the figures worked out by hand from their summaries."""

import csv
import json
import math
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from cli import TINY, run, summary, train, train_run
from fmnist.training.objective import higher_is_better

QUIET = (*TINY, "trainer.epochs=2")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Adam with three seeds, twice with one of them; momentum two ways; a diverged run, and one that was killed."""
    cwd = tmp_path_factory.mktemp("compare")
    for seed in (1, 2, 3):
        train_run(*QUIET, f"seed={seed}", cwd=cwd, folder=f"outputs/adam{seed}")
    shutil.copytree(cwd / "outputs" / "adam3", cwd / "outputs" / "adam3_again")
    train_run(*QUIET, "optimizer=momentum", cwd=cwd, folder="outputs/nested/momentum9")
    train_run(*QUIET, "optimizer=momentum", "optimizer.momentum=0.5", cwd=cwd, folder="outputs/nested/momentum5")
    train(*QUIET, "loss=mse", "optimizer.lr=1e30", "hydra.run.dir=outputs/diverged", cwd=cwd)
    assert summary(cwd / "outputs" / "diverged")["state"] == "diverged"
    shutil.copytree(cwd / "outputs" / "adam1", cwd / "outputs" / "killed")
    (cwd / "outputs" / "killed" / "summary.json").unlink()
    return cwd


def compare(runs: Path, *words: str) -> CompletedProcess[str]:
    return run("-m", "fmnist", "compare", *words, cwd=runs)


def table(runs: Path, *words: str) -> list[dict[str, str]]:
    done = compare(runs, *words, "--csv", "table.csv")
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader((runs / "table.csv").read_text().splitlines()))


def value(runs: Path, name: str, metric: str = "value") -> float:
    return summary(runs / "outputs" / name)[metric]


def test_runs_that_differ_by_their_seed_are_one_setting(runs: Path) -> None:
    adam = next(row for row in table(runs, "outputs") if row["optimizer"] == "adam" and row["loss"] == "cross_entropy")
    a, b, c = (value(runs, f"adam{seed}") for seed in (1, 2, 3))
    mean = (a + b + c) / 3
    assert float(adam["mean"]) == pytest.approx(mean, abs=1e-12)
    deviation = math.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2)
    assert float(adam["std"]) == pytest.approx(deviation, abs=1e-12)
    assert deviation > 0
    assert float(adam["best"]) == max(a, b, c)
    assert adam["seeds"] == "3"
    assert adam["runs"] == "4 finished, 1 unfinished"
    assert value(runs, Path(adam["folder"]).name) == max(a, b, c)


def test_the_best_setting_comes_first_and_what_has_no_figure_last(runs: Path) -> None:
    rows = table(runs, "outputs")
    assert [row["rank"] for row in rows] == ["1", "2", "3", ""]
    means = [float(row["mean"]) for row in rows[:3]]
    assert means == sorted(means, reverse=True)
    assert rows[3]["runs"] == "1 diverged"
    assert (rows[3]["mean"], rows[3]["seeds"]) == ("", "0")


def test_losses_are_better_when_smaller(runs: Path) -> None:
    rows = table(runs, "outputs", "--metric", "test/loss")
    means = [float(row["mean"]) for row in rows[:3]]
    assert means == sorted(means)
    worst = next(row for row in rows if row["optimizer"] == "adam" and row["seeds"] == "3")
    assert float(worst["best"]) == min(value(runs, f"adam{seed}", "test/loss") for seed in (1, 2, 3))


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("val/accuracy", True),
        ("test/accuracy", True),
        ("examples_per_second", True),
        ("val/loss", False),
        ("seconds", False),
        ("parameters", False),
    ],
)
def test_which_way_a_metric_is_better(metric: str, expected: bool) -> None:
    assert higher_is_better(metric) is expected


def test_only_what_differs_is_shown(runs: Path) -> None:
    fixed = ["rank", "metric", "mean", "std", "interval95", "p", "seeds", "best", "runs"]
    two = table(runs, "outputs/nested")
    assert list(two[0]) == [*fixed, "optimizer.momentum", "folder"]
    assert {row["optimizer.momentum"] for row in two} == {"0.5", "0.9"}
    others = table(runs, "outputs/adam1", "outputs/adam2", "outputs/nested/momentum9")
    assert list(others[0]) == [*fixed, "optimizer", "folder"]  # only one has a momentum: the option says so
    assert list(table(runs, "outputs/adam1", "outputs/adam2")[0]) == [*fixed, "folder"]


def test_the_table_can_be_read_and_piped(runs: Path) -> None:
    done = compare(runs, "outputs")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert len(lines) == 1 + 4 + 3
    assert lines[0].split() == ["rank", "val/accuracy", "95", "%", "seeds", "best", "runs", "setting", "folder"]
    momentum = next(line for line in lines if "optimizer.momentum=0.5" in line)
    assert f"{value(runs, 'nested/momentum5'):.4f} ± —" in momentum
    assert momentum.endswith("outputs/nested/momentum5")
    assert lines[-3:] == [
        "8 runs in 4 settings: 6 finished, 1 diverged, 1 unfinished",
        "2 runs not counted: only finished ones are",
        "no test: the best setting, and one to compare it with, need two seeds or more",
    ]


def seeds(folder: Path, optimizer: str, values: list[float]) -> None:
    """Runs of one setting that ended with these figures."""
    for seed, value in enumerate(values):
        run = folder / f"{optimizer}{seed}"
        run.mkdir(parents=True)
        (run / "config.yaml").write_text(f"optimizer: {{_target_: {optimizer}}}\nseed: {seed}\n")
        (run / "choices.yaml").write_text(f"optimizer: {optimizer}\n")
        (run / "summary.json").write_text(
            json.dumps({"state": "finished", "objective": "val/accuracy", "value": value})
        )


def test_the_best_is_tested_against_the_others(tmp_path: Path) -> None:
    found = {"adam": [0.890, 0.892, 0.894], "nadam": [0.889, 0.893, 0.891], "sgd": [0.70, 0.71, 0.72], "lion": [0.5]}
    for optimizer, values in found.items():
        seeds(tmp_path / "outputs", optimizer, values)
    rows = table(tmp_path, "outputs")
    assert [row["optimizer"] for row in rows] == ["adam", "nadam", "sgd", "lion"]
    # Of both the deviation is 0.002, so t = 0.001 / (0.002 √(2/3)) = 0.612 with ν = 4; twice its tail is 0.573.
    # sgd: t = 0.182 / √((0.002² + 0.01²)/3) = 30.9, ν = 2.16: p = 0.000673, doubled by Holm.
    assert [row["p"] and round(float(row["p"]), 4) for row in rows] == ["", 0.5734, 0.0013, ""]
    # t = 4.303 with two degrees of freedom: 4.303 · 0.002 / √3.
    assert float(rows[0]["interval95"]) == pytest.approx(0.004968, abs=1e-6)
    assert rows[3]["interval95"] == ""
    said = compare(tmp_path, "outputs").stdout.splitlines()
    assert "0.8920 ± 0.0020" in said[1]
    assert "± 0.0050" in said[1]
    assert said[-2:] == [
        "95 %: Student's t interval of the mean; p: Welch's t-test against rank 1, Holm's correction for 2 tests",
        "not to be told apart from rank 1 (p ≥ 0.05): 2",
    ]


def test_a_run_that_is_named_twice_counts_once(runs: Path) -> None:
    done = compare(runs, "outputs/adam1", "outputs/../outputs/adam1", str(runs / "outputs" / "adam1"))
    assert "1 run in 1 setting: 1 finished" in done.stdout


def test_where_the_data_lie_makes_no_other_setting(runs: Path) -> None:
    elsewhere = runs / "elsewhere"
    shutil.copytree(runs / "outputs" / "adam1", elsewhere)
    config = (elsewhere / "config.yaml").read_text()
    config = config.replace("study: null", "study: mine").replace("dataset:\n", "dataset:\n  folder: far/away\n")
    (elsewhere / "config.yaml").write_text(config)
    done = compare(runs, "elsewhere", "outputs/adam2")
    assert "2 runs in 1 setting: 2 finished" in done.stdout
    shutil.rmtree(elsewhere)


def test_an_inner_part_that_is_off_is_told_from_one_that_is_on(runs: Path) -> None:
    off = train_run(*QUIET, "callbacks.early_stopping=null", cwd=runs, folder="off")
    line = compare(runs, "off", "outputs/adam1").stdout
    assert line.count("callbacks.early_stopping=null") == 1
    assert "early_stopping.patience" not in line
    shutil.rmtree(off)


def test_an_unknown_metric_names_the_closest(runs: Path) -> None:
    done = compare(runs, "outputs", "--metric", "test/acuracy")
    assert done.returncode == 2
    assert done.stderr.startswith("error: --metric=test/acuracy: allowed is one of ")
    assert done.stderr.endswith("(did you mean test/accuracy?)\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_a_run_is_one_line(runs: Path, folder: str) -> None:
    (runs / "empty").mkdir(exist_ok=True)
    done = compare(runs, "outputs", folder)
    assert done.returncode == 2
    assert done.stderr == f"error: folder={folder}: allowed is the folder of a run or of a sweep, or one above such\n"


def test_runs_with_several_objectives_are_compared_by_the_test_set(runs: Path) -> None:
    other = runs / "other"
    shutil.copytree(runs / "outputs" / "adam1", other)
    loss = summary(other)["best"]["val/loss"]
    (other / "summary.json").write_text(json.dumps(summary(other) | {"objective": "val/loss", "value": loss}))
    done = compare(runs, "other", "outputs/adam1")
    assert done.returncode == 0, done.stderr
    assert "test/accuracy" in done.stdout.splitlines()[0]
    remark = "the runs' objectives are val/accuracy, val/loss: compared by test/accuracy, which all have"
    assert done.stdout.splitlines()[-1] == remark
    named = compare(runs, "other", "outputs/adam1", "--metric", "val/loss").stdout
    assert "which all have" not in named
    shutil.rmtree(other)


def test_the_csv_alone_goes_into_a_pipe(runs: Path) -> None:
    table(runs, "outputs")
    done = compare(runs, "outputs", "--csv", "-")
    assert done.stdout == (runs / "table.csv").read_text()
    assert not (runs / "-").exists()


def test_a_table_that_cannot_be_written_is_one_line(runs: Path) -> None:
    done = compare(runs, "outputs", "--csv", "no/where.csv")
    assert done.returncode == 2
    assert (
        done.stderr == "error: --csv=no/where.csv: allowed is a file that can be written (No such file or directory)\n"
    )
