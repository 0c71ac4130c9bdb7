"""What report.html is given to show, and the file itself; test_report_browser.py opens it."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from cli import TINY, run, summary, train_run
from fmnist.analysis.report.correlation import correlations
from fmnist.analysis.report.page import render, safe_json, write_report
from fmnist.analysis.report.page_data import collect_data
from fmnist.analysis.report.run_curves import thin
from fmnist.errors import ConfigError
from fmnist.terminal.states import COLOURS
from options import ROOT

OPTIMIZER = CategoricalDistribution(["sgd", "momentum", "adam"])
LR = FloatDistribution(1e-4, 1e-1, log=True)


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_run(
        *TINY, "trainer.epochs=3", "optimizer=nadam", "optimizer.lr=0.01", cwd=tmp_path_factory.mktemp("one")
    )


@pytest.fixture
def runs(one: Path, tmp_path: Path) -> Path:
    """Two settings with three seeds each, and a run that was killed."""
    for optimizer, values in {"adam": (0.5, 0.6, 0.7), "nadam": (0.4, 0.5, 0.6)}.items():
        for seed, value in enumerate(values):
            again(one, tmp_path / f"{optimizer}{seed}", value, seed=seed, optimizer=optimizer)
    again(one, tmp_path / "killed", 0.0, seed=9, optimizer="adam")
    (tmp_path / "killed" / "summary.json").unlink()
    return tmp_path


def again(one: Path, folder: Path, value: float, seed: int, optimizer: str = "nadam") -> None:
    """The run once more, under another name, with another seed, optimizer and result."""
    shutil.copytree(one, folder)
    for name in ("config.yaml", "choices.yaml"):
        text = (folder / name).read_text().replace("optimizer: nadam", f"optimizer: {optimizer}")
        text = text.replace("fmnist.optimizer.nadam", f"fmnist.optimizer.{optimizer}")
        text = text.replace("seed: 1\n", f"seed: {seed}\n")
        (folder / name).write_text(text)
    (folder / "summary.json").write_text(json.dumps(summary(one) | {"value": value}))


def sweep(folder: Path, one: Path, trials: int, states: str = "C") -> None:
    """A study whose trial i has the value 1 − 1/(i+1) and a folder; `states` repeat: Complete, Pruned, Failed."""
    folder.mkdir()
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "study.journal")))
    study = optuna.create_study(study_name=folder.name, storage=storage, direction="maximize")
    for number in range(trials):
        value, state = 1 - 1 / (number + 1), states[number % len(states)]
        again(one, folder / str(number), value, seed=number)
        study.add_trial(
            create_trial(
                state={"C": TrialState.COMPLETE, "P": TrialState.PRUNED, "F": TrialState.FAIL}[state],
                value={"C": value, "P": 0.2, "F": None}[state],  # a sweep tells a pruned trial's last epoch
                params={"optimizer": OPTIMIZER.choices[number % 3], "lr": 10.0 ** -(1 + number % 4)},
                distributions={"optimizer": OPTIMIZER, "lr": LR},
                intermediate_values={1: 0.1, 2: 0.2},
                user_attrs={"folder": str(number), "reason": "out of memory", "overrides": [f"number={number}"]},
            )
        )
    (folder / "multirun.yaml").write_text("hydra: {sweeper: {storage: null}}\n")
    record = {"study": folder.name, "objectives": {"val/accuracy": "maximize"}}
    best = {
        "number": trials - 1,
        "folder": str(folder / str(trials - 1)),
        "command": "the words",
        "by_name": "the name",
    }
    (folder / "summary.json").write_text(json.dumps(record | {"best": best}))


def embedded(file: Path) -> dict[str, Any]:
    """The data that the page holds."""
    text = file.read_text().partition('<script type="application/json" id="data">')[2].partition("</script>")[0]
    return json.loads(text, parse_constant=pytest.fail)


def test_one_run(one: Path) -> None:
    page, found = collect_data([one]), summary(one)
    assert page["best"]["value"] == found["value"]
    assert page["best"]["metrics"]["test/accuracy"] == found["test/accuracy"]
    assert page["best"]["commands"] == [(one / "command.txt").read_text().strip()]
    changes = {key: (here, default) for key, here, default in page["best"]["changes"]}
    assert changes["optimizer"] == ("nadam", "adam")
    assert changes["optimizer.lr"] == ("0.01", "0.001")
    assert changes["trainer.epochs"] == ("3", "10")
    assert "optimizer.beta1" not in changes
    assert "leaderboards" not in page
    assert "searches" not in page
    assert "failures" not in page
    (curve,) = page["curves"]["runs"]
    recorded = [json.loads(line) for line in (one / "metrics.jsonl").read_text().splitlines()]
    assert curve["epoch"] == [1, 2, 3]
    assert curve["val/loss"] == pytest.approx([row["val/loss"] for row in recorded], rel=1e-5)


def test_the_confusion_matrix_is_that_of_evaluate(one: Path) -> None:
    matrix = collect_data([one])["confusion"]
    assert run("-m", "fmnist", "evaluate", one.name, cwd=one.parent).returncode == 0
    assert matrix["counts"] == json.loads((one / "evaluation.json").read_text())["confusion"]
    shown = np.array(matrix["cells"])
    assert (shown == np.minimum(matrix["counts"], 8)).all()
    assert len(matrix["numbers"]) == len(matrix["probabilities"]) == shown.sum()
    first = matrix["probabilities"][: shown[0, 0]]
    assert first == sorted(first, reverse=True)


def test_without_checkpoint_or_data_the_page_says_why(one: Path, tmp_path: Path) -> None:
    again(one, tmp_path / "run", 0.5, seed=1)
    (tmp_path / "run" / "best.npz").unlink()
    assert "best.npz: there is no such checkpoint" in collect_data([tmp_path])["confusion"]["missing"]
    shutil.copy(one / "best.npz", tmp_path / "run")
    config = (tmp_path / "run" / "config.yaml").read_text()
    gone = (
        f"dataset:\n  _target_: fmnist.dataset.mnist.Mnist\n  folder: {tmp_path}/gone\n  mirrors: [https://x.invalid]\n"
    )
    parts = config.partition("dataset:\n")
    rest = parts[2][parts[2].index("\n", parts[2].rindex("  split_seed")) :]
    (tmp_path / "run" / "config.yaml").write_text(parts[0] + gone + "  val_fraction: 0.1\n" + rest)
    assert set(collect_data([tmp_path])["confusion"]) == {"missing"}


def test_settings_are_compared_over_their_seeds(runs: Path) -> None:
    page = collect_data([runs])
    board = page["leaderboards"][0]["columns"]
    assert board["optimizer"] == ["adam", "nadam"]
    assert board["val/accuracy"] == pytest.approx([0.6, 0.5])
    assert board["std"] == pytest.approx([0.1, 0.1])
    assert board["95 %"] == pytest.approx([4.30265 * 0.1 / math.sqrt(3)] * 2, rel=1e-5)
    # t = 0.1 / (0.1 √(2/3)) = 1.2247 with four degrees of freedom.
    assert board["p"] == [None, pytest.approx(0.28786, abs=1e-4)]
    assert board["runs"] == ["3 finished, 1 unfinished", "3 finished"]
    assert page["best"]["folder"] == str(runs / "adam2")
    assert (page["best"]["seeds"], page["best"]["mean"]) == (3, pytest.approx(0.6))
    (killed,) = page["failures"]["rows"]
    assert killed["what"] == str(runs / "killed")
    assert killed["state"] == "unfinished"


def test_a_key_that_only_comes_with_an_option_is_no_column(runs: Path) -> None:
    for file in [*runs.glob("adam*/config.yaml"), runs / "killed" / "config.yaml"]:
        file.write_text(file.read_text().replace("beta1: 0.9", "beta1: 0.8"))
    assert "optimizer.beta1" not in collect_data([runs])["leaderboards"][0]["columns"]
    (runs / "adam0" / "overrides.yaml").write_text("- optimizer.beta1=0.8\n")
    assert "optimizer.beta1" in collect_data([runs])["leaderboards"][0]["columns"]


def test_a_sweep(one: Path, tmp_path: Path) -> None:
    sweep(tmp_path / "mine", one, 18, "CCPCFC")
    page = collect_data([tmp_path / "mine"])
    (search,) = page["searches"]
    assert page["title"] == "Study mine"
    assert search["state"] == ["complete", "complete", "pruned", "complete", "failed", "complete"] * 3
    assert search["value"][:3] == [0, 0.5, 0.2]
    assert search["value"][4] == 0.2
    assert search["best"] == [17]
    optimizer, lr = search["parameters"]
    assert [optimizer["choices"][i] for i in optimizer["values"]] == ["sgd", "momentum", "adam"] * 6
    assert lr["log"]
    assert {row["trials"] for row in search["correlations"]} == {12}
    assert set(search["importances"]) == {"optimizer", "lr"}
    assert sum(search["importances"].values()) == pytest.approx(1)
    assert [row["reason"] for row in page["failures"]["rows"]] == ["out of memory"] * 3
    assert [row["setting"] for row in page["failures"]["rows"]] == ["number=4", "number=10", "number=16"]
    assert page["best"]["commands"] == ["the words", "the name"]


def test_a_study_out_of_reach_leaves_its_runs(one: Path, tmp_path: Path) -> None:
    sweep(tmp_path / "mine", one, 3)
    (tmp_path / "mine" / "study.journal").unlink()
    storage = "postgresql+nonsense://me:secret@nowhere/x"
    (tmp_path / "mine" / "multirun.yaml").write_text(f"hydra: {{sweeper: {{storage: '{storage}'}}}}\n")
    page = collect_data([tmp_path / "mine"])
    assert "searches" not in page
    (failure,) = page["failures"]["rows"]
    assert failure["what"] == "study mine"
    assert "secret" not in json.dumps(page)
    assert page["best"]["value"] == pytest.approx(2 / 3)


def test_nothing_finished_is_a_page_all_the_same(one: Path, tmp_path: Path) -> None:
    again(one, tmp_path / "run", 0.5, seed=1)
    (tmp_path / "run" / "summary.json").unlink()
    page = embedded(write_report([tmp_path / "run"]))
    assert "best" not in page
    assert page["failures"]["rows"][0]["reason"] == "no summary: it runs, or was killed"


def test_where_the_file_goes(one: Path, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)
    assert write_report([one]) == one / "report.html"
    assert write_report([runs / "adam0", runs / "adam1"]) == Path("report.html")
    assert write_report([one], file=Path("mine.html")).exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "error: folder=nowhere: allowed is the folder of a run or of a sweep, or one above such\n"),
        (("one", "-o", "no/where.html"), "error: --output=no/where.html: allowed is a file that can be written"),
        (("one", "-o", "one"), "error: --output=one: allowed is a file, not a folder\n"),
        (("one", "--metric", "test/acuracy"), "(did you mean test/accuracy?)\n"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], message: str, one: Path, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(one)
    done = run("-m", "fmnist", "report", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_metrics_that_are_unknown_name_the_closest(one: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean val/loss\?"):
        collect_data([one], "val/los")
    assert collect_data([one], "val/loss")["upwards"] is False


def test_a_hundred_trials_are_small(one: Path, tmp_path: Path) -> None:
    sweep(tmp_path / "mine", one, 100, "CCPC")
    file = write_report([tmp_path / "mine"])
    assert file.stat().st_size < 8e6


def test_the_page_is_one_file_that_asks_for_no_other(one: Path, tmp_path: Path) -> None:
    text = write_report([one], file=tmp_path / "report.html").read_text()
    head = text.partition("<script>")[0].partition("<style>")[0]
    assert "default-src 'none'" in head
    assert "unsafe-eval" not in head
    assert "script-src 'sha256-" in head
    for sign in ("<link rel=stylesheet", "<script src", "@import", "<iframe"):
        assert sign not in text


def test_data_cannot_leave_their_block() -> None:
    evil = {"title": "</script><script>alert(1)</script>", "<!--": "\u2028&amp;"}
    text = safe_json(evil)
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == evil
    assert render(evil).count("</script>") == 3
    assert "<title>&lt;/script&gt;" in render(evil)


def test_correlations_by_hand() -> None:
    lr = {"name": "lr", "log": True, "values": [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]}
    width = {"name": "width", "choices": ["16", "64"], "values": [0, 1, 0, 1, None]}
    kind = {"name": "kind", "choices": ["a", "b"], "values": [0, 0, 1, 1, 1]}
    rows = {(row["name"], row["choice"]): row for row in correlations([lr, width, kind], [1, 2, 3, 4, None])}
    assert rows["lr", None]["r"] == pytest.approx(-1)
    # x = 0 1 0 1, y = 1 2 3 4: Σ(x−x̄)(y−ȳ) = 1, Σ(x−x̄)² = 1, Σ(y−ȳ)² = 5.
    assert rows["width", None]["r"] == pytest.approx(1 / math.sqrt(5))
    # 0 0 1 1: Σ(x−x̄)(y−ȳ) = 2, so r = 2/√5.
    assert rows["kind", "b"]["r"] == pytest.approx(2 / math.sqrt(5))
    assert rows["kind", "a"]["r"] == pytest.approx(-2 / math.sqrt(5))
    assert {row["trials"] for row in rows.values()} == {4}


def test_every_colour_of_a_state_is_in_the_style_sheet() -> None:
    style = (ROOT / "fmnist" / "analysis" / "report" / "style.css").read_text()
    assert {"complete", "pruned", "failed", "diverged", "interrupted"} <= COLOURS.keys()
    for colour in COLOURS.values():
        assert style.count(f"--{colour}:") == 2, colour  # light and dark


def test_thinning_keeps_the_best_and_the_last() -> None:
    kept = thin(range(1000), 100)
    assert len(kept) == len(set(kept)) == 100
    assert kept[:30] == list(range(30))
    assert kept[-1] == 999
    assert thin([1, 2], 100) == [1, 2]
