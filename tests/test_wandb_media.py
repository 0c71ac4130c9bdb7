"""Images and tables in W&B, read back from what the real client wrote."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fmnist.interfaces import ImageTable
from fmnist.tracker.trackers import Trackers
from fmnist.tracker.wandb import Wandb
from test_wandb import nobody_is_logged_in, only, train_run  # noqa: F401  the fixture is for all tests here
from wandb_file import Logged

CLASSES = ("shirt", "bag", "boot")
IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
SAMPLES = ImageTable(IMAGES, ("class",), [("boot",), ("shirt",), ("bag",)])


def contents(artifact: Any) -> dict[str, Path]:
    """Its files, where they wait for the upload."""
    return {entry.path: Path(entry.local_path) for entry in artifact.manifest.contents}


def rows_of(artifact: Any, key: str) -> list[list[Any]]:
    """A table's rows; images as arrays."""
    files = contents(artifact)
    rows = json.loads(files[f"{key}.table.json"].read_text())["data"]
    return [[pixels(files[cell["path"]]) if isinstance(cell, dict) else cell for cell in row] for row in rows]


def pixels(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert("L"))


def artifact_of(found: Logged, key: str) -> Any:
    """The artifact that holds the table logged under the key."""
    (artifact,) = [one for one in found.artifacts if one.type == "run_table" and one.name.endswith(f"-{key}")]
    return artifact


def test_samples_are_a_table_of_images_and_an_artifact(tmp_path: Path) -> None:
    Wandb(mode="offline").log_samples(tmp_path / "samples", "clothes", SAMPLES, CLASSES)
    found = only(tmp_path / "samples")
    (dataset,) = [one for one in found.artifacts if one.type == "dataset"]
    assert dataset.name == "clothes-samples"
    for artifact in (dataset, artifact_of(found, "samples")):
        rows = rows_of(artifact, "samples")
        assert [name for _, name in rows] == ["boot", "shirt", "bag"]
        np.testing.assert_array_equal([image for image, _ in rows], IMAGES)
        assert all(tmp_path in file.parents for file in contents(artifact).values())
    assert (found.run.job_type, found.run.display_name, found.exit_code) == ("samples", "clothes", 0)


def test_an_evaluation_has_the_matrix_the_picture_and_the_mistakes(tmp_path: Path) -> None:
    run = train_run("tracker=local", folder=tmp_path / "run")
    picture = run / "confusion.png"
    Image.fromarray(IMAGES[0]).save(picture)
    y, predicted = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 2, 0])
    mistakes = ImageTable(IMAGES[:2], ("class", "predicted", "row"), [("shirt", "bag", 1), ("boot", "shirt", 4)])
    Wandb(mode="offline").log_evaluation(run, y, predicted, CLASSES, picture, mistakes)
    found = only(run)
    assert found.folder.parent == run / "evaluation" / "wandb"
    cells = {
        (true, guess): count for true, guess, count in rows_of(artifact_of(found, "confusion_table"), "confusion_table")
    }
    assert {cell for cell, count in cells.items() if count} == {
        ("shirt", "shirt"), ("shirt", "bag"), ("bag", "bag"), ("boot", "boot"), ("boot", "shirt")
    }  # fmt: skip
    rows = rows_of(artifact_of(found, "mistakes"), "mistakes")
    assert [row[1:] for row in rows] == [["shirt", "bag", 1], ["boot", "shirt", 4]]
    np.testing.assert_array_equal([row[0] for row in rows], IMAGES[:2])
    (row,) = [row for row in found.history if "confusion_picture" in row]
    np.testing.assert_array_equal(pixels(found.folder / "files" / row["confusion_picture"]["path"]), IMAGES[0])
    assert found.summary["test/accuracy"] == 0.6
    assert (found.run.job_type, found.run.display_name, found.config["optimizer"]) == ("evaluate", "run", "adam")


def test_a_run_with_the_callback_has_it_in_its_summary_and_no_row_more(tmp_path: Path) -> None:
    folder = train_run("callbacks=[default,evaluation]", folder=tmp_path / "run")
    found = only(folder)
    told = json.loads((folder / "evaluation.json").read_text())
    assert [row["_step"] for row in found.history] == [1, 2, 3, 4, 5]
    assert not {"confusion_table", "confusion_picture", "mistakes"} & {key for row in found.history for key in row}
    names = told["classes"]
    cells = rows_of(artifact_of(found, "confusion_table"), "confusion_table")
    counts = {(names.index(true), names.index(guess)): count for true, guess, count in cells if count}
    assert counts == {cell: count for cell, count in np.ndenumerate(told["confusion"]) if count}
    rows = rows_of(artifact_of(found, "mistakes"), "mistakes")
    assert [row[-1] for row in rows] == [mistake["row"] for mistake in told["mistakes"]]
    picture = found.folder / "files" / found.summary["confusion_picture"]["path"]
    assert picture.read_bytes() == (folder / "confusion.png").read_bytes()
    assert {found.summary[key]["_type"] for key in ("confusion_table", "mistakes")} == {"table-file"}
    assert (found.summary["state"], found.summary["test/accuracy"], found.exit_code) == (
        "finished", told["test/accuracy"], 0
    )  # fmt: skip


def test_without_wandb_nothing_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Trackers({}).log_samples(tmp_path / "samples", "clothes", SAMPLES, CLASSES)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    Wandb().log_samples(tmp_path / "samples", "clothes", SAMPLES, CLASSES)
    assert not list(tmp_path.rglob("*.wandb"))
