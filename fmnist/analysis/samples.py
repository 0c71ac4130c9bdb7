"""Images of a data set, the same number of each class, as a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fmnist.config.compose import compose_config
from fmnist.errors import ConfigError
from fmnist.experiment import build_experiment
from fmnist.interfaces import Array, ImageTable, Split
from fmnist.terminal.console import get_console


def draw_samples(overrides: Sequence[str], per_class: int, folder: Path) -> None:
    """Write FOLDER/DATASET.png and .svg, of the data set that the Hydra overrides choose; `seed` chooses the images.

    Raises:
        ConfigError: a class has fewer training images, or the folder cannot be written.
    """
    from fmnist.picture.sample_grid import sample_grid
    from fmnist.picture.style import save

    parts = build_experiment(compose_config(overrides))
    splits = parts.load()
    rows = sample_rows(splits.train, splits.k, per_class, parts.seed)
    images = splits.train.x[rows].reshape(*rows.shape, *splits.shape)
    number = "one training image" if per_class == 1 else f"{per_class} training images"
    fig = sample_grid(images, splits.classes, f"{splits.name}: {number} of each class")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = save(fig, folder / splits.name)
    except OSError as error:
        raise ConfigError("--folder", folder, f"a folder that can be written ({error.strerror})") from None
    for file in files:
        get_console().print(str(file))
    names = [(splits.classes[label],) for label in splits.train.y[rows].flat]
    table = ImageTable(images.reshape(-1, *splits.shape), ("class",), names)
    parts.trackers.log_samples(folder, splits.name, table, splits.classes)


def sample_rows(part: Split, k: int, n: int, seed: int) -> Array:
    """Rows of the data set, (k, n): n different ones of each of the k classes.

    Raises:
        ConfigError: a class has fewer.
    """
    rng = np.random.default_rng(seed)
    labels = part.y[part.rows]
    rows = [part.rows[labels == c] for c in range(k)]
    fewest = min(map(len, rows))
    if n > fewest:
        raise ConfigError("--per-class", n, f"at most {fewest}, the images of the smallest class")
    return np.array([rng.choice(of_class, n, replace=False) for of_class in rows])
