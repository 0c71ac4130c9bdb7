"""The confusion matrix of a run's best network on the test set, and a few images behind each cell in one picture."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fmnist.errors import FmnistError, one_line
from fmnist.interfaces import Array, Splits
from fmnist.run.load import load_run
from fmnist.training.evaluation import count_confusions, predict_probabilities

PER_CELL = 8
MOST_CLASSES = 20  # beyond that neither the matrix nor its images are worth their size


@dataclass(frozen=True)
class Predictions:
    """The test set's labels y and predicted classes, (n,), with the probability of the predicted class."""

    splits: Splits
    y: Array
    predicted: Array
    probability: Array


def confusion_section(folder: Path) -> dict[str, Any]:
    """Counts, class names and the images; only {"missing": why} if checkpoint or data are out of reach."""
    try:
        found = predict(folder)
    except FmnistError as error:
        return {"missing": str(error).partition("\n")[0]}
    except Exception as error:  # the code has moved on since the run: the page is still worth having
        return {"missing": one_line(error)}
    k = found.splits.k
    if k > MOST_CLASSES:
        return {"missing": f"{k} classes are too many for a matrix on a page"}
    height, width = found.splits.shape
    cells = [[examples(found, i, j) for j in range(k)] for i in range(k)]
    shown = [n for row in cells for cell in row for n in cell]
    return {
        "counts": count_confusions(found.y, found.predicted, k).tolist(),
        "classes": list(found.splits.classes),
        "folder": str(folder),
        "examples": len(found.y),
        "cells": [[len(cell) for cell in row] for row in cells],
        "probabilities": [round(float(found.probability[n]), 3) for n in shown],
        "numbers": [int(found.splits.test.rows[n]) for n in shown],
        "image": {"height": height, "width": width, "columns": columns(len(shown))},
        "sprite": sprite(found.splits, shown),
    }


def predict(folder: Path) -> Predictions:
    """One pass over the test set. Nothing is downloaded.

    Raises:
        FmnistError: the checkpoint or the data set is not here, or they do not fit the config.
    """
    run = load_run(folder, download=False)
    test = run.splits.test
    p = predict_probabilities(run.network, run.batches(test), run.experiment.trainer.eval_batch_size)
    return Predictions(run.splits, test.y[test.rows], p.argmax(axis=1), p.max(axis=1))


def examples(found: Predictions, true: int, predicted: int) -> list[int]:
    """The most confident ones of the cell."""
    (cell,) = np.nonzero((found.y == true) & (found.predicted == predicted))
    order = np.argsort(-found.probability[cell], kind="stable")
    return [int(n) for n in cell[order][:PER_CELL]]


def columns(images: int) -> int:
    """As wide as high."""
    return max(1, int(np.ceil(np.sqrt(images))))


def sprite(splits: Splits, shown: list[int]) -> str:
    """All images in one PNG, row by row, as a data URL."""
    height, width = splits.shape
    wide = columns(len(shown))
    high = -(-len(shown) // wide)
    tiles = np.zeros((high * wide, height, width), np.uint8)
    tiles[: len(shown)] = splits.test.x[splits.test.rows[shown]].reshape(-1, height, width)
    picture = tiles.reshape(high, wide, height, width).swapaxes(1, 2).reshape(high * height, wide * width)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
