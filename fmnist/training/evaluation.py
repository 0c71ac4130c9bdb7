"""Loss and accuracy of a network on a part of the data, and metrics of its mistakes."""

from typing import NamedTuple

import numpy as np

from fmnist.interfaces import Array, Split, Splits
from fmnist.loss.base import BoundLoss, Loss
from fmnist.loss.softmax import softmax
from fmnist.network.network import Network
from fmnist.training.batches import Batches


class Evaluation(NamedTuple):
    """The mean loss, the accuracy, and each example's label y and predicted class, both (n,)."""

    loss: float
    accuracy: float
    y: Array
    predicted: Array


def evaluate(network: Network, loss: Loss, batches: Batches, batch_size: int) -> Evaluation:
    """One pass over all rows of the part, in evaluation mode."""
    rows = batches.part.rows
    predicted = np.empty(len(rows), np.intp)
    bound_loss = BoundLoss(loss, batches.engine)
    total = 0.0
    for start in range(0, len(rows), batch_size):
        x, y = batches(rows[start : start + batch_size])
        logits = network.forward(x)
        total += bound_loss(logits, y)[0]
        logits.argmax(axis=1, out=predicted[start : start + len(y)])
    y = batches.part.y[rows]
    return Evaluation(total / len(rows), float(np.mean(predicted == y)), y, predicted)


class FinalEvaluation(NamedTuple):
    """The best network on the test set: what was `found` in its `batches`, passes of `batch_size` examples."""

    network: Network
    splits: Splits
    batches: Batches
    batch_size: int
    found: Evaluation


def count_confusions(y: Array, predicted: Array, classes: int) -> Array:
    """The confusion matrix (k, k): C[i, j] examples of class i were predicted to be of class j."""
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


def predict_probabilities(network: Network, batches: Batches, batch_size: int) -> Array:
    """The probability of each class for each of the part's rows, (n, k)."""
    rows = batches.part.rows
    starts = range(0, len(rows), batch_size)
    return np.concatenate([softmax(network.forward(batches(rows[i : i + batch_size])[0])) for i in starts])


class Mistake(NamedTuple):
    """A misclassified example. row: its place in the data set's file."""

    row: int
    true: int
    predicted: int
    probability: float  # of the predicted class
    true_probability: float


def worst_mistakes(p: Array, part: Split, most: int) -> list[Mistake]:
    """The mistakes with the largest predicted probabilities, largest first, from the probabilities p (n, k)."""
    y, predicted = part.y[part.rows], p.argmax(axis=1)
    wrong = np.flatnonzero(predicted != y)
    wrong = wrong[np.argsort(-p[wrong, predicted[wrong]], kind="stable")][:most]
    return [
        Mistake(int(part.rows[i]), int(y[i]), int(predicted[i]), float(p[i, predicted[i]]), float(p[i, y[i]]))
        for i in wrong
    ]
