"""What is compared with what: runs on the same data, by a figure that all have, in settings that decide the result."""

import csv
import json
import os
import pty
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from fmnist.__main__ import main
from fmnist.analysis.differences import as_label
from fmnist.analysis.leaderboards import rank_runs
from fmnist.analysis.settings import Setting
from fmnist.errors import ConfigError
from fmnist.run.stored import find_runs
from fmnist.terminal.user_errors import SET_BY_FMNIST
from options import ROOT

BLOBS = {"_target_": "Blobs", "val_fraction": 0.1, "split_seed": 0, "train_limit": None, "normalize": "scale"}
FASHION = {**BLOBS, "_target_": "Fashion", "folder": None, "mirrors": ["https://a.example/"]}


def write_run(
    folder: Path, value: float, *, config: dict[str, Any], options: dict[str, str], overrides: tuple[str, ...] = ()
) -> None:
    """What a run leaves, as far as it is compared."""
    folder.mkdir(parents=True)
    config = {"seed": 1, "objective": "val/accuracy", **config}
    objective = config["objective"]
    row = {"epoch": 1, "train/loss": 1.0, "train/accuracy": value, "val/loss": 1 - value, "val/accuracy": value}
    summary = {"state": "finished", "objective": objective, "value": row.get(objective, value), "best": row}
    summary |= {"test/accuracy": value - 0.01, "engine": config.get("engine", {}).get("_target_", "NumPy").lower()}
    (folder / "config.yaml").write_text(json.dumps(config))
    (folder / "choices.yaml").write_text(json.dumps(options))
    (folder / "overrides.yaml").write_text(json.dumps(overrides))
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "metrics.jsonl").write_text(json.dumps(row) + "\n")


def command(*words: str | Path) -> None:
    """`python -m fmnist WORDS` in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fmnist", *map(str, words)])
        for name in ("HYDRA_FULL_ERROR", SET_BY_FMNIST):
            patch.setenv(name, "")
        main()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Fashion-MNIST with two optimizers and other wrappings, with fewer examples, and blobs that are easy."""
    for number, (optimizer, value) in enumerate({"adam": 0.91, "sgd": 0.85}.items()):
        config = {"dataset": {**FASHION, "folder": f"/data/{number}"}, "optimizer": {"_target_": optimizer}}
        write_run(tmp_path / optimizer, value, config=config, options={"dataset": "fashion", "optimizer": optimizer})
    config = {"dataset": {**FASHION, "train_limit": 1000}, "optimizer": {"_target_": "adam"}}
    write_run(tmp_path / "few", 0.7, config=config, options={"dataset": "fashion", "optimizer": "adam"})
    config = {"dataset": BLOBS, "optimizer": {"_target_": "adam"}}
    write_run(tmp_path / "blobs", 1.0, config=config, options={"dataset": "blobs", "optimizer": "adam"})
    return tmp_path


def test_other_data_are_never_ranked_together(mixed: Path) -> None:
    boards = rank_runs(find_runs([mixed])).rankings
    best = {board.data: [setting.best_run.folder.name for setting in board.settings] for board in boards}
    assert best == {
        "dataset=fashion dataset.train_limit=null": ["adam", "sgd"],
        "dataset=blobs dataset.train_limit=null": ["blobs"],
        "dataset=fashion dataset.train_limit=1000": ["few"],
    }
    assert all("dataset" not in key for board in boards for key in board.keys)


def test_how_pixels_are_scaled_is_a_setting_of_the_same_data(tmp_path: Path) -> None:
    for normalize in ("scale", "standardize"):
        dataset = {**BLOBS, "normalize": normalize}
        write_run(tmp_path / normalize, 0.5, config={"dataset": dataset}, options={"dataset": "blobs"})
    (board,) = rank_runs(find_runs([tmp_path])).rankings
    assert board.keys == ["dataset.normalize"]


def test_a_section_each_in_the_terminal_and_a_column_in_the_csv(
    mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("compare", mixed)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert next(line for line in lines if line.startswith("dataset=")) == "dataset=fashion dataset.train_limit=null:"
    assert sum(line.split()[:1] == ["rank"] for line in lines) == 3
    assert sum(line.split()[:1] == ["1"] and "run" not in line for line in lines) == 3
    command("compare", mixed, "--csv", "-")
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert list(rows[0])[:2] == ["data", "rank"]
    assert [(row["rank"], row["data"].partition(" ")[0]) for row in rows] == [
        ("1", "dataset=fashion"),
        ("2", "dataset=fashion"),
        ("1", "dataset=blobs"),
        ("1", "dataset=fashion"),
    ]


def test_curves_have_a_picture_each(mixed: Path) -> None:
    command("curves", mixed)
    assert {file.stem for file in mixed.glob("*.svg")} == {
        "comparison-fashion-dataset-train_limit-null",
        "comparison-blobs-dataset-train_limit-null",
        "comparison-fashion-dataset-train_limit-1000",
    }


def test_best_asks_for_the_data(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command("best", mixed, "--n", "1")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: --data=null: allowed is one of 'dataset=fashion dataset.train_limit=null', ")
    assert not (mixed / "experiment").exists()


def test_what_changes_no_result_is_no_part_of_a_setting(tmp_path: Path) -> None:
    """Four seeds that were watched, computed and stored in four ways are one setting, and the engines are a remark."""
    ways: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"engine": {"_target_": "NumPy"}, "tracker": {}}, {"engine": "numpy", "tracker": "none"}),
        ({"engine": {"_target_": "Numba"}, "tracker": {"wandb": {"project": "p"}}}, {"engine": "numba"}),
        ({"callbacks": {"checkpoint": {"_target_": "C"}, "progress": None}}, {"callbacks": "default"}),
        ({"callbacks": {"checkpoint": {"_target_": "C"}, "pictures": {"_target_": "P"}}}, {"callbacks": "mine"}),
    ]
    for seed, (config, options) in enumerate(ways):
        whole = {"engine": {"_target_": "NumPy"}, "callbacks": {"checkpoint": {"_target_": "C"}}, "tracker": {}}
        write_run(
            tmp_path / str(seed), 0.5, config={**whole, **config, "seed": seed, "study": f"s{seed}"}, options=options
        )
    (board,) = rank_runs(find_runs([tmp_path])).rankings
    assert [len(setting.by_seed) for setting in board.settings] == [4]
    assert "made by several engines, whose last digits differ: numpy (3), numba (1)" in list(board.remarks())


def test_wrappings_are_no_difference_between_settings_either(tmp_path: Path) -> None:
    for number, lr in enumerate((0.1, 0.2)):
        config = {
            "optimizer": {"_target_": "Adam", "lr": lr},
            "tracker": {"wandb": {"project": f"p{number}"}},
            "callbacks": {"stop": {"_target_": "S", "patience": 3}, **({"pictures": None} if number else {})},
        }
        options = {"optimizer": "adam", "tracker": ["wandb", "local"][number], "callbacks": ["default", "mine"][number]}
        write_run(tmp_path / str(number), lr, config=config, options=options)
    (board,) = rank_runs(find_runs([tmp_path])).rankings
    assert board.keys == ["optimizer.lr"]


def test_a_key_that_an_option_implies_is_not_shown_unless_it_was_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for init, gain in {"he": 2.0, "xavier": 1.0}.items():
        config = {"init": {"_target_": "VarianceScaling", "gain": gain}}
        write_run(tmp_path / init, gain / 4, config=config, options={"init": init})
    command("compare", tmp_path)
    assert "init.gain" not in capsys.readouterr().out
    (tmp_path / "he" / "overrides.yaml").write_text("[init.gain=2.0]")
    command("compare", tmp_path)
    assert "init=he init.gain=2.0" in capsys.readouterr().out


def test_without_a_figure_that_all_have_a_metric_is_asked_for(tmp_path: Path) -> None:
    for objective in ("val/accuracy", "val/loss"):
        write_run(tmp_path / objective[4:], 0.5, config={"objective": objective}, options={})
    assert rank_runs(find_runs([tmp_path])).metric == "test/accuracy"
    for file in tmp_path.rglob("summary.json"):
        summary = json.loads(file.read_text())
        file.write_text(json.dumps({key: summary[key] for key in summary if not key.startswith("test")}))
    with pytest.raises(ConfigError, match="one figure for all; the runs' objectives are val/accuracy, val/loss"):
        rank_runs(find_runs([tmp_path]))


def test_a_label_is_short_and_clear() -> None:
    keys = {
        "optimizer": "adam",
        "optimizer.lr": "0.001234567",
        "scheduler": "linear",
        "a.stop.patience": "3",
        "b.patience": "5",
        "model.width": "[512, 256]",
    }
    setting = Setting([], {"optimizer": "adam", "scheduler": "linear"}, keys, [], None, [], None, None, None)
    expected = "adam lr=0.001235 scheduler=linear stop.patience=3 b.patience=5 width=[512, 256]"
    assert as_label(setting, list(keys)) == expected


def test_a_table_fits_its_terminal(tmp_path: Path) -> None:
    """Settings of a hundred letters in a terminal of eighty columns: no line is longer."""
    for number in (1, 2):
        config = {"optimizer": {"_target_": "Adam", "lr": 0.1 * number, "a_key_with_a_rather_long_name": number / 3}}
        write_run(
            tmp_path / f"outputs/{number}", 0.5, config=config, options={"optimizer": "adam", "model": "m" * number}
        )
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"COLUMNS": "80", "LINES": "24", "TERM": "xterm", "PYTHONPATH": str(ROOT)}
        os.chdir(tmp_path)
        os.execv(sys.executable, [sys.executable, "-m", "fmnist", "compare", "outputs"])
    text = b""
    try:
        while read := os.read(terminal, 65536):
            text += read
    except OSError:  # the other end is closed
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, text
    lines = re.sub(r"\x1b\[[\d;]*m", "", text.decode()).splitlines()
    table = [line for line in lines if line.startswith(("│", "┃"))]
    assert table
    assert max(map(len, table)) <= 80
    settings = "".join(line.split("│")[5].strip() for line in table if line.startswith("│"))
    assert "optimizer.a_key_with_a_rather_long_name=0.3333333333333333" in settings  # wrapped, not cut
