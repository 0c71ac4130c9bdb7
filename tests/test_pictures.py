"""Pictures show the figures they are made from, in any kind of light, and cost a run nothing but their time."""

import json
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from PIL import Image

from cli import metrics, train_run
from fmnist.__main__ import main
from fmnist.analysis.samples import sample_rows
from fmnist.callback.pictures import Pictures
from fmnist.dataset.blobs import Blobs
from fmnist.interfaces import Array
from fmnist.picture.confusion_matrix import confusion_matrix
from fmnist.picture.layer_histograms import LayerValues, layer_histograms
from fmnist.picture.learning_curves import learning_curves
from fmnist.picture.mosaic import mosaic
from fmnist.picture.setting_curves import SettingCurves, setting_curves
from fmnist.picture.style import save
from fmnist.picture.weight_images import weight_images
from fmnist.sweep.trial import VARIABLE, Handle
from fmnist.terminal.user_errors import SET_BY_FMNIST
from fmnist.training.objective import Objective
from fmnist.training.state import TrainingState
from options import CONF, ROOT

ODD = ("<script>alert('1')</script>", "a & b", "$x_1$ costs $2", "under_score", r"\frac{1}{2}", "Größe")
ROWS = [
    {"epoch": 1, "train/loss": 1.5, "train/accuracy": 0.5, "val/loss": 1.2, "val/accuracy": 0.6},
    {"epoch": 2, "train/loss": 1.1, "train/accuracy": 0.7, "val/loss": 0.9, "val/accuracy": 0.8},
    {"epoch": 3, "train/loss": 0.9, "train/accuracy": 0.8, "val/loss": 1.0, "val/accuracy": 0.7},
]


def texts(svg: Path) -> list[str]:
    """The words in an SVG file, which must be well-formed."""
    found = ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(element.itertext()) for element in found]


def command(*words: str | Path) -> None:
    """`python -m fmnist WORDS` in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fmnist", *map(str, words)])
        for name in ("HYDRA_FULL_ERROR", SET_BY_FMNIST):  # what `user_errors` sets is forgotten at the end
            patch.setenv(name, "")
        main()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that still errs, evaluated."""
    words = ("dataset=blobs", "model.layers=1", "model.width=8", "trainer.epochs=2", "callbacks.progress=null")
    made = train_run(*words, cwd=tmp_path_factory.mktemp("pictures"))
    command("evaluate", made)
    return made


@pytest.fixture(scope="module")
def by_hand(folder: Path) -> dict[str, Array]:
    """The network's hidden activations and probabilities on the test set, from its checkpoint and NumPy alone."""
    splits = Blobs().load()
    with np.load(folder / "best.npz") as file:
        best = {name.removeprefix("network/"): file[name].astype(float) for name in file}
    x = splits.test.x[splits.test.rows] * splits.scale + splits.shift
    z = np.maximum(x @ best["dense1.W"] + best["dense1.b"], 0) @ best["dense2.W"] + best["dense2.b"]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return {"p": p, "y": splits.test.y[splits.test.rows], "rows": splits.test.rows, "W": best["dense1.W"]}


def test_a_run_leaves_its_learning_curves(folder: Path) -> None:
    with Image.open(folder / "curves.png") as png:
        assert png.size == (1080, 432)
    words = texts(folder / "curves.svg")
    assert {"Learning curves", "loss", "accuracy", "train", "val", "epoch"} <= {*words}
    best = max(float(row["val/accuracy"]) for row in metrics(folder))
    assert any(f"val/accuracy {best:.4f}" in text for text in words)


def test_the_curves_are_the_history() -> None:
    drawn = learning_curves(ROWS, "val/accuracy", best=1)
    loss, accuracy = ({line.get_label(): line for line in ax.lines} for ax in drawn.axes)
    assert loss["train"].get_xydata().tolist() == [[1, 1.5], [2, 1.1], [3, 0.9]]
    assert accuracy["val"].get_xydata().tolist() == [[1, 0.6], [2, 0.8], [3, 0.7]]
    assert [line.get_xydata().tolist() for line in accuracy.values()][-1] == [[2, 0.8]]  # the ring
    styles = {line.get_linestyle() for line in (loss["train"], loss["val"])}
    assert len(styles) == 2  # told apart without colours


def test_curves_without_a_validation_part(tmp_path: Path) -> None:
    rows = [{key: value for key, value in row.items() if not key.startswith("val")} for row in ROWS[:1]]
    save(learning_curves(rows, "test/accuracy", best=0), tmp_path / "curves")
    assert "val" not in texts(tmp_path / "curves.svg")


def test_the_confusion_matrix_shows_what_numpy_counts(folder: Path, by_hand: dict[str, Array]) -> None:
    y, predicted = by_hand["y"], by_hand["p"].argmax(axis=1)
    expected = []
    for true in range(10):
        for taken in range(10):
            if count := int(((y == true) & (predicted == taken)).sum()):
                expected += [str(count), f"{count / (y == true).sum():.1%}"]
    names = [f"blob {i}" for i in range(10)]
    words = texts(folder / "confusion.svg")
    start = words.index("true class") + 1
    assert words[start : start + len(expected)] == expected
    assert [word for word in words if word.startswith("blob")] == names * 2
    with Image.open(folder / "confusion.png") as png:
        assert min(png.size) > 700


def test_the_worst_mistakes_are_listed_and_shown(folder: Path, by_hand: dict[str, Array]) -> None:
    p, y, rows = by_hand["p"], by_hand["y"], by_hand["rows"]
    wrong = [i for i in range(len(y)) if p[i].argmax() != y[i]]
    wrong.sort(key=lambda i: -p[i].max())
    listed = json.loads((folder / "evaluation.json").read_text())["mistakes"]
    assert len(wrong) > 24 == len(listed)
    for mistake, i in zip(listed, wrong, strict=False):
        assert (mistake["row"], mistake["true"], mistake["predicted"]) == (rows[i], y[i], p[i].argmax())
        assert mistake["probability"] == pytest.approx(p[i].max(), abs=1e-5)
        assert mistake["true_probability"] == pytest.approx(p[i, y[i]], abs=1e-5)
    words = texts(folder / "mistakes.svg")
    assert [word for word in words if word.startswith("#")] == [f"#{rows[i]}" for i in wrong[:24]]
    assert f"× blob {p[wrong[0]].argmax()} {p[wrong[0]].max():.1%}".replace("%", " %") in words


def test_weights_are_the_units_longest_first(by_hand: dict[str, Array]) -> None:
    W = by_hand["W"]
    drawn = weight_images(W, (8, 8))
    shown = drawn.axes[0].images[0].get_array()
    longest = W[:, np.square(W).sum(axis=0).argmax()]
    np.testing.assert_array_equal(shown[:8, :8], longest.reshape(8, 8))


def test_histograms_are_drawn_on_request(folder: Path) -> None:
    assert not (folder / "histograms.svg").exists()
    command("histograms", folder)
    assert {"dense1", "dense2", "untrained", "trained"} <= {*texts(folder / "histograms.svg")}


def test_the_axis_of_the_gradients_ends_where_they_do() -> None:
    small, large = np.full((50, 50), 1e-4), np.full((50, 50), 1e-3)
    large[0, 0] = 0.1
    values = LayerValues("dense1", (small, large), (small, large))
    assert layer_histograms([values], "").axes[1].get_xlim()[1] == pytest.approx(-1)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_epochs_are_whole_numbers(epochs: int) -> None:
    left = learning_curves(ROWS[:epochs], "val/accuracy", best=0).axes[0]
    low, high = left.get_xlim()
    shown = [tick for tick in left.get_xticks() if low <= tick <= high]
    assert shown == list(range(1, epochs + 1))


def luminance(colour: Any) -> float:
    """Relative luminance of WCAG 2."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_a_confusion_matrix_is_readable_in_grey() -> None:
    """More is darker, and every figure stands out from its cell: a contrast of 4.5 is WCAG's AA."""
    C = np.array([[100 - i, i] for i in range(101)])
    C = np.pad(C, ((0, 0), (0, 99)))
    drawn = confusion_matrix(C, [str(i) for i in range(101)], "all rates")
    image = drawn.axes[0].images[0]
    greys = [luminance(image.cmap(image.norm(np.sqrt(rate)))[:3]) for rate in np.linspace(0, 1, 101)]
    assert all(a > b for a, b in pairwise(greys))
    for text in drawn.axes[0].texts:
        column, row = text.get_position()
        ground = luminance(image.cmap(image.norm(image.get_array()[round(row), round(column)]))[:3])
        light, dark = sorted((ground, luminance(text.get_color())), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, text.get_text()


def test_names_are_shown_as_they_are_written(tmp_path: Path) -> None:
    """No markup, no mathematics: < & $ _ and backslashes are letters."""
    C = np.eye(len(ODD), dtype=int)
    save(confusion_matrix(C, ODD, f"{ODD[0]} {ODD[2]}"), tmp_path / "odd")
    words = texts(tmp_path / "odd.svg")
    assert [word for word in words if word in ODD] == [*ODD, *ODD]
    assert f"{ODD[0]} {ODD[2]}" in words
    assert "<script" not in (tmp_path / "odd.svg").read_text()


def test_the_same_figures_give_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the user's own matplotlib looks like."""
    C = np.array([[3, 1], [0, 4]])
    first = save(confusion_matrix(C, ("a", "b"), "t"), tmp_path / "first")
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "black"}):
        second = save(confusion_matrix(C, ("a", "b"), "t"), tmp_path / "second")
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert b"date" not in first[1].read_bytes()


def test_a_mosaic_puts_each_tile_where_it_says() -> None:
    tiles = np.arange(7 * 2 * 3).reshape(7, 2, 3)
    image, x, y = mosaic(tiles, columns=3, right=1, below=2)
    assert image.shape == (3 * 4, 3 * 4)
    for tile, left, top in zip(tiles, x, y, strict=True):
        assert (image[top : top + 2, left : left + 3] == tile).all()
    assert np.isfinite(image).sum() == tiles.size


def test_samples_are_of_the_class_whose_name_they_bear(tmp_path: Path) -> None:
    command("samples", "dataset=blobs", "--per-class", "2", "--folder", tmp_path)
    assert [t for t in texts(tmp_path / "blobs.svg") if "blob " in t] == [f"{c}  blob {c}" for c in range(10)]

    part = Blobs().load().train
    rows = sample_rows(part, 10, 3, seed=1)
    assert (part.y[rows] == np.arange(10)[:, None]).all()
    assert np.isin(rows, part.rows).all()
    assert len(np.unique(rows)) == 30


def group(name: str, curves: list[list[float]], finals: list[float], half: float | None) -> SettingCurves:
    return SettingCurves(name, np.array(curves), finals, half)


def test_settings_are_drawn_with_mean_and_interval() -> None:
    groups = [group("loss=mse", [[0.5, 0.7], [0.7, 0.9]], [0.7, 0.9], 0.1234), group("one_$eed", [[0.4]], [0.4], None)]
    drawn = setting_curves(groups, "val/accuracy", "test/accuracy")
    left, right = drawn.axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), [0.6, 0.8])
    band = left.collections[0].get_paths()[0].vertices
    deviation = 0.1 * np.sqrt(2)  # of two values 0.2 apart
    assert (band[:, 1].min(), band[:, 1].max()) == pytest.approx((0.6 - deviation, 0.8 + deviation))
    assert {"loss=mse", "0.8000 ± 0.1234", "one_$eed", "0.4000"} == {text.get_text() for text in right.texts}


def made_run(folder: Path, seed: int, loss: str, value: float) -> None:
    """What a run leaves, as far as it is drawn."""
    folder.mkdir(parents=True)
    config = {"seed": seed, "objective": "val/accuracy", "loss": {"_target_": loss}}
    (folder / "config.yaml").write_text(json.dumps(config))
    (folder / "choices.yaml").write_text(json.dumps({"loss": loss}))
    row = {**ROWS[0], "val/accuracy": value}
    summary = {"state": "finished", "objective": "val/accuracy", "value": value, "best": row}
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "metrics.jsonl").write_text(json.dumps(row) + "\n")


def test_curves_of_a_sweep_compare_its_settings(tmp_path: Path) -> None:
    """Three seeds: t(0.975, 2) = 4.302653 (any table), s = 0.1, so the interval is ± 4.302653 · 0.1 / √3 = 0.2484."""
    for seed, value in enumerate((0.8, 0.7, 0.9)):
        made_run(tmp_path / "s" / str(seed), seed, "mse", value)
    made_run(tmp_path / "s" / "3", 1, "cross_entropy", 0.5)
    command("curves", tmp_path / "s")
    words = texts(tmp_path / "s" / "comparison.svg")
    assert words.index("mse") < words.index("cross_entropy")
    assert {"0.8000 ± 0.2484", "0.5000"} <= {*words}
    assert not (tmp_path / "s" / "curves.svg").exists()
    assert "val/accuracy by epoch" in words


def test_runs_without_a_validation_part_are_compared_by_their_training(tmp_path: Path) -> None:
    made_run(tmp_path / "1", 1, "mse", 0.7)
    made_run(tmp_path / "2", 2, "mse", 0.8)
    rows = [{key: value for key, value in row.items() if not key.startswith("val")} for row in ROWS]
    (tmp_path / "2" / "metrics.jsonl").write_text("\n".join(map(json.dumps, rows)))
    command("curves", tmp_path)
    assert "train/accuracy by epoch" in texts(tmp_path / "comparison.svg")
    (tmp_path / "2" / "summary.json").unlink()  # it was killed, and judged on the test set: the last epoch counts
    command("curves", tmp_path / "2")
    assert "best: the network of epoch 3, the dotted line" in texts(tmp_path / "2" / "curves.svg")


def test_the_best_settings_become_experiments(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What best1.yaml composes to is the run's own config."""
    command("best", folder, "--n", "1")
    assert "experiment=best1" in capsys.readouterr().out
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=[f"hydra.searchpath=[file://{folder.resolve()}]", "experiment=best1"])
    assert OmegaConf.to_container(config) == OmegaConf.to_container(OmegaConf.load(folder / "config.yaml"))


def finished_training(folder: Path) -> TrainingState:
    """As much of a training as a finished run's picture needs."""
    nothing: Any = None
    return TrainingState(nothing, nothing, nothing, Objective("val/accuracy"), folder, 3, 1, history=[*ROWS])


def test_a_trial_of_a_sweep_draws_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, Handle(None, "s", 0, "token", {}, True).text())
    Pictures().finish(finished_training(tmp_path))
    assert list(tmp_path.iterdir()) == []
    monkeypatch.delenv(VARIABLE)
    Pictures().finish(finished_training(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.png", "curves.svg"]


def test_a_picture_that_cannot_be_written_costs_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Pictures().finish(finished_training(tmp_path / "gone"))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: no picture of the learning curves: ")
    assert "gone" in line


def test_without_matplotlib_a_run_says_so_and_a_command_stops(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [*sys.modules]:
        if name.startswith("fmnist.picture"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    Pictures().finish(finished_training(tmp_path))
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: no picture")
    assert line.endswith("pip install matplotlib")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SystemExit) as stopped:
        command("curves", folder)
    assert stopped.value.code == 2
    assert "pip install matplotlib" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("samples dataset=mnis", "dataset=mnis: allowed is one of "),
        ("samples dataset=blobs --per-class 0", "--per-class=0: allowed is a whole number from 1 up"),
        ("samples dataset=blobs --per-class 900", "--per-class=900: allowed is at most"),
        ("samples dataset=blobs --folder a_file", "--folder=a_file: allowed is a folder that can be written"),
        ("curves nowhere", "folder=nowhere: allowed is"),
        ("histograms nowhere", "folder=nowhere: allowed is"),
        ("best . --n 2", "folder=.: allowed is"),
    ],
)
def test_a_mistake_is_one_line(
    words: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()
    with pytest.raises(SystemExit) as stopped:
        command(*words.split())
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {message}")
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"]


def test_no_window_can_open() -> None:
    """pyplot has global state and may ask for a display."""
    importing = re.compile(r"^\s*(from|import) .*pyplot", re.MULTILINE)
    assert not [file for file in (ROOT / "fmnist").rglob("*.py") if importing.search(file.read_text())]
