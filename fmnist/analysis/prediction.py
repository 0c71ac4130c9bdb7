"""`python -m fmnist predict`: the classes of images from files, or of one of the test set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from fmnist.errors import ConfigError
from fmnist.interfaces import Array, Splits
from fmnist.run.load import load_run
from fmnist.terminal.console import print_table

SHOWN = 3  # classes of an image


def predict_files(folder: Path, path: Path) -> None:
    """Print the likeliest classes of an image file, or of all images in a folder.

    Raises:
        ConfigError: there is no run in the folder, or no image in the file or the folder.
    """
    run = load_run(folder)
    images = read_images(path, run.splits)
    x = np.array([*images.values()])
    show(run.predict(x), [str(file) for file in images], run.splits.classes)


def predict_test_image(folder: Path, index: int) -> None:
    """Print the likeliest classes of a test image, and the true one; its index is its row in the data set's file.

    Raises:
        ConfigError: there is no run in the folder, or no such image.
    """
    run = load_run(folder)
    test, classes = run.splits.test, run.splits.classes
    if index not in test.rows:
        first, last = test.rows[:3], test.rows[-1]
        raise ConfigError("--index", index, f"the row of a test image: {', '.join(map(str, first))}, … {last}")
    show(run.predict(test.x[[index]]), [f"test image {index}"], classes, [classes[test.y[index]]])


def read_images(path: Path, splits: Splits) -> dict[Path, Array]:
    """By file, as uint8 in the data set's size and grey levels. In a folder, what is no image is passed over."""
    from PIL import Image, UnidentifiedImageError

    height, width = splits.shape
    images: dict[Path, Array] = {}
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        try:
            with Image.open(file) as image:
                grey = image.convert("L")
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
            continue
        if grey.size != (width, height):
            grey = grey.resize((width, height), Image.Resampling.LANCZOS)
        images[file] = np.rint(np.asarray(grey) * (splits.high / 255)).astype(np.uint8)
    if not images:
        raise ConfigError("--images", path, "an image that Pillow can read (PNG, JPEG, …), or a folder with some")
    return images


def show(p: Array, names: Sequence[str], classes: Sequence[str], true: Sequence[str] = ()) -> None:
    """A row per image: the likeliest classes with their probabilities p (n, k)."""
    table = Table("image", *(["true class"] if true else []), "prediction", *[""] * (min(SHOWN, len(classes)) - 1))
    for i, (name, row) in enumerate(zip(names, p, strict=True)):
        likeliest = np.argsort(-row, kind="stable")[:SHOWN]
        table.add_row(name, *true[i : i + 1], *(f"{classes[c]} {row[c]:.4f}" for c in likeliest))
    print_table(table)
