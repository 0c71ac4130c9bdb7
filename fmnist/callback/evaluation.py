"""The best network on the test set, class by class, and its worst mistakes: as a file, as pictures, for trackers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.errors import one_line
from fmnist.files import atomic
from fmnist.interfaces import Array, ImageTable, MediaTracker
from fmnist.terminal.console import echo
from fmnist.training.callback import Callback
from fmnist.training.evaluation import (
    FinalEvaluation,
    Mistake,
    class_scores,
    count_confusions,
    predict_probabilities,
    worst_mistakes,
)
from fmnist.training.state import TrainingState

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISTAKES = 24


@dataclass(kw_only=True)
class Evaluation(Callback):
    """At the end of a run what `python -m fmnist evaluate` writes; no trouble with it ends the run."""

    def test(self, training: TrainingState, final: FinalEvaluation, tracker: MediaTracker) -> None:
        try:
            write_evaluation(training.folder, final, tracker)
        except Exception as error:
            echo(f"warning: no evaluation class by class: {one_line(error) or type(error).__name__}")


def write_evaluation(folder: Path, final: FinalEvaluation, tracker: MediaTracker) -> list[str]:
    """evaluation.json in the run's folder, and pictures, whose names are returned; the tracker shows the mistakes."""
    from fmnist.picture.style import save

    found, splits = final.found, final.splits
    p = predict_probabilities(final.network, final.batches, final.batch_size)
    mistakes = worst_mistakes(p, splits.test, MISTAKES)
    images = splits.test.x[[mistake.row for mistake in mistakes]].reshape(-1, *splits.shape)
    C = count_confusions(found.y, found.predicted, splits.k)
    result: dict[str, Any] = {
        "dataset": splits.name,
        "test/accuracy": found.accuracy,
        "test/loss": found.loss,
        "classes": splits.classes,
        **{name: values.tolist() for name, values in class_scores(C)._asdict().items()},
        "confusion": C.tolist(),
        "mistakes": [mistake._asdict() for mistake in mistakes],
    }
    atomic.write_json(folder / "evaluation.json", result)
    figures = pictures(final, C, mistakes, images)
    for name, fig in figures.items():
        save(fig, folder / name)
    table = mistake_table(mistakes, images, splits.classes)
    tracker.log_evaluation(folder, found.y, found.predicted, splits.classes, folder / "confusion.png", table)
    return list(figures)


def mistake_table(mistakes: list[Mistake], images: Array, names: tuple[str, ...]) -> ImageTable:
    columns = ("class", "predicted", "probability", "probability of the class", "row")
    rows = [(names[m.true], names[m.predicted], m.probability, m.true_probability, m.row) for m in mistakes]
    return ImageTable(images, columns, rows)


def pictures(final: FinalEvaluation, C: Array, mistakes: list[Mistake], images: Array) -> "dict[str, Figure]":
    """By name: the confusion matrix C, the weights of the first layer, the images of the mistakes."""
    from fmnist.picture.confusion_matrix import confusion_matrix
    from fmnist.picture.mistake_grid import mistake_grid
    from fmnist.picture.weight_images import weight_images

    splits = final.splits
    test = f"{splits.name}'s {splits.test.size:,} test images"
    title = f"Confusion matrix: accuracy {C.trace() / C.sum():.4f} on {test}"
    found = {
        "confusion": confusion_matrix(C, splits.classes, title),
        "weights": weight_images(final.network.params["dense1.W"], splits.shape),
    }
    if mistakes:
        title = f"The surest of {C.sum() - C.trace():,} mistakes on {test}"
        found["mistakes"] = mistake_grid(mistakes, images, splits.classes, title)
    return found
