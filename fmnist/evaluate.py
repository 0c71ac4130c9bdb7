"""How good a network is on a part of the data, and the figures that say where it errs."""

from typing import NamedTuple

import numpy as np

from fmnist.batches import Batches
from fmnist.interfaces import Array, Loss
from fmnist.network import Network


class Evaluation(NamedTuple):
    """The mean loss, the accuracy, and each example's label y and predicted class, both (n,)."""

    loss: float
    accuracy: float
    y: Array
    predicted: Array


def evaluate(network: Network, loss: Loss, batches: Batches, batch_size: int) -> Evaluation:
    """One pass over all rows of the part in evaluation mode."""
    rows = batches.part.rows
    predicted = np.empty(len(rows), np.intp)
    total = 0.0
    for start in range(0, len(rows), batch_size):
        x, y = batches(rows[start : start + batch_size])
        logits = network.forward(x)
        total += loss(logits, y) * len(y)
        logits.argmax(axis=1, out=predicted[start : start + len(y)])
    y = batches.part.y[rows]
    return Evaluation(total / len(rows), float(np.mean(predicted == y)), y, predicted)


def confusion(y: Array, predicted: Array, classes: int) -> Array:
    """C[i, j] = how many examples of class i were taken for class j, (k, k)."""
    counts = np.bincount(y * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


class ClassScores(NamedTuple):
    """Per class, each (k,): precision = hits / predicted, recall = hits / support, F1 = their harmonic mean."""

    precision: Array
    recall: Array
    f1: Array
    support: Array


def class_scores(C: Array) -> ClassScores:
    """Scores from a confusion matrix; 0 where a class was never predicted or never occurs."""
    hits, predicted, support = np.diag(C), C.sum(axis=0), C.sum(axis=1)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(predicted + support, 1)
    return ClassScores(precision, recall, f1, support)
