"""A trained network on single images, from Python and from the command line."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli import train_run
from fmnist.__main__ import main
from fmnist.errors import FmnistError
from fmnist.run.load import LoadedRun, load_run
from fmnist.terminal.user_errors import SET_BY_FMNIST
from fmnist.training.evaluation import evaluate, predict_probabilities


def command(*words: object) -> None:
    """`python -m fmnist WORDS` in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["fmnist", *map(str, words)])
        for name in ("HYDRA_FULL_ERROR", SET_BY_FMNIST):
            patch.setenv(name, "")
        main()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Digits: 8 × 8 pixels, and white is 16."""
    words = ("dataset=digits", "model.layers=1", "model.width=16", "optimizer.lr=0.02", "callbacks.pictures=null")
    return train_run(*words, "tracker=none", "callbacks.progress=null", cwd=tmp_path_factory.mktemp("predict"))


@pytest.fixture(scope="module")
def run(folder: Path) -> LoadedRun:
    return load_run(str(folder))


def test_predictions_are_those_of_the_evaluation(run: LoadedRun) -> None:
    test = run.splits.test
    batches = run.batches(test)
    expected = predict_probabilities(run.network, batches, 1000)
    p = run.predict(test.x[test.rows])
    np.testing.assert_array_equal(p, expected)
    found = evaluate(run.network, run.experiment.loss, batches, 1000)
    np.testing.assert_array_equal(p.argmax(axis=1), found.predicted)
    assert found.accuracy > 0.5
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


def test_floats_from_black_to_white_and_whole_images_are_the_same(run: LoadedRun) -> None:
    x = run.splits.test.x[:50]
    p = run.predict(x)
    assert x.max() == 16
    np.testing.assert_array_equal(run.predict(x.reshape(-1, 8, 8)), p)
    np.testing.assert_allclose(run.predict(x / 16), p, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(run.predict((x / 16).astype("float32").reshape(-1, 8, 8)), p, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(run.predict(x[:, ::-1][:, ::-1]), p)  # a view that is not contiguous
    for nothing in (x[:0], x[:0] / 16):
        assert run.predict(nothing).shape == (0, 10)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((8, 8), np.uint8), "allowed is (n, 8, 8) or (n, 64), as those of digits"),
        (np.zeros((1, 28, 28)), "images of shape (1, 28, 28): allowed is"),
        (np.zeros(64), "images of shape (64,): allowed is"),
        (np.zeros((1, 64), int), "images of type int64: allowed is uint8 (grey levels), or floats from 0 to 1"),
    ],
)
def test_other_images_are_refused(run: LoadedRun, images: np.ndarray, message: str) -> None:
    with pytest.raises(FmnistError, match=re.escape(message)):
        run.predict(images)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_the_index_shows_the_true_class(run: LoadedRun, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = int(run.splits.test.rows[7])
    command("predict", folder, "--index", index)
    (row,) = [line for line in capsys.readouterr().out.splitlines() if f"test image {index}" in line]
    p = run.predict(run.splits.test.x[[index]])[0]
    order = sorted(range(10), key=lambda c: -p[c])[:3]
    true = run.splits.classes[run.splits.test.y[index]]
    assert cells(row) == [f"test image {index}", true, *(f"{run.splits.classes[c]} {p[c]:.4f}" for c in order)]


def test_image_files_are_brought_to_the_size_and_grey_levels_of_the_data(
    run: LoadedRun, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Grey, in colours and four times as large: the same prediction; other files are passed over."""
    raw = run.splits.test.x[3].reshape(8, 8)
    image = Image.fromarray((raw.astype(float) * 255 / 16).round().astype(np.uint8))
    image.save(tmp_path / "a.png")
    image.convert("RGB").save(tmp_path / "b.bmp")
    image.resize((32, 32), Image.Resampling.NEAREST).save(tmp_path / "c.png")
    (tmp_path / "d.txt").write_text("no image")
    command("predict", folder, "--images", tmp_path)
    a, b, c = (cells(line) for line in capsys.readouterr().out.splitlines() if str(tmp_path) in line)
    p = run.predict(run.splits.test.x[[3]])[0]
    assert a[1] == b[1] == f"{run.splits.classes[p.argmax()]} {p.max():.4f}"
    assert c[1].split()[:-1] == a[1].split()[:-1]
    command("predict", folder, "--images", tmp_path / "b.bmp")
    assert a[1] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--index", 1797), "error: --index=1797: allowed is the row of a test image: "),
        (("--index", -1), "error: --index=-1: allowed is the row of a test image: "),
        (("--images", "nowhere.png"), "error: --images=nowhere.png: allowed is an image that Pillow can read"),
        (("--images", __file__), f"error: --images={__file__}: allowed is an image that Pillow can read"),
    ],
)
def test_a_mistake_is_one_line(
    folder: Path, words: tuple[object, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command("predict", folder, *words)
    error = capsys.readouterr().err
    assert error.startswith(message)
    assert error.count("\n") == 1
