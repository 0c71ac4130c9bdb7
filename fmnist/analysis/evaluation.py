"""The best network of a run on the test set: class by class, its worst mistakes, and pictures of both."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from fmnist.config.classes import NONE, Classes
from fmnist.files import atomic
from fmnist.interfaces import Array, ImageTable
from fmnist.run.load import LoadedRun, load_run
from fmnist.terminal.console import get_console, print_table
from fmnist.training.evaluation import (
    ClassScores,
    Mistake,
    class_scores,
    count_confusions,
    evaluate,
    predict_probabilities,
    worst_mistakes,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISTAKES = 24


def evaluate_run(folder: Path, own: Classes = NONE) -> None:
    """Print accuracy, scores per class and the confusion matrix; write them and the worst mistakes to the folder.

    Into evaluation.json; the pictures confusion, mistakes and weights beside it.

    Raises:
        ConfigError: there is no run in the folder.
        CheckpointError: best.npz is missing, damaged or of another architecture.
    """
    from fmnist.picture.style import save

    run = load_run(folder, own=own)
    splits, batch_size = run.splits, run.experiment.trainer.eval_batch_size
    batches = run.batches(splits.test)
    found = evaluate(run.network, run.experiment.loss, batches, batch_size)
    p = predict_probabilities(run.network, batches, batch_size)
    mistakes = worst_mistakes(p, splits.test, MISTAKES)
    images = splits.test.x[[mistake.row for mistake in mistakes]].reshape(-1, *splits.shape)
    C = count_confusions(found.y, found.predicted, splits.k)
    scores = class_scores(C)

    get_console().print(f"{splits.name}: {splits.test.size} test examples, {folder / 'best.npz'}")
    get_console().print(f"accuracy {found.accuracy:.4f}   loss {found.loss:.4f}")
    print_table(score_table(scores, splits.classes))
    print_table(confusion_table(C, splits.classes))
    result: dict[str, Any] = {
        "dataset": splits.name,
        "test/accuracy": found.accuracy,
        "test/loss": found.loss,
        "classes": splits.classes,
        **{name: values.tolist() for name, values in scores._asdict().items()},
        "confusion": C.tolist(),
        "mistakes": [mistake._asdict() for mistake in mistakes],
    }
    atomic.write_json(folder / "evaluation.json", result)
    for name, fig in pictures(run, C, mistakes, images).items():
        save(fig, folder / name)
        get_console().print(f"{folder / name}.png and .svg")
    trackers, picture = run.experiment.trackers, folder / "confusion.png"
    trackers.log_evaluation(
        folder, found.y, found.predicted, splits.classes, picture, mistake_table(mistakes, images, splits.classes)
    )


def mistake_table(mistakes: list[Mistake], images: Array, names: tuple[str, ...]) -> ImageTable:
    columns = ("class", "predicted", "probability", "probability of the class", "row")
    rows = [(names[m.true], names[m.predicted], m.probability, m.true_probability, m.row) for m in mistakes]
    return ImageTable(images, columns, rows)


def pictures(run: LoadedRun, C: Array, mistakes: list[Mistake], images: Array) -> "dict[str, Figure]":
    """By name: the confusion matrix C, the weights of the first layer, the images of the mistakes."""
    from fmnist.picture.confusion_matrix import confusion_matrix
    from fmnist.picture.mistake_grid import mistake_grid
    from fmnist.picture.weight_images import weight_images

    splits = run.splits
    test = f"{splits.name}'s {splits.test.size:,} test images"
    title = f"Confusion matrix: accuracy {C.trace() / C.sum():.4f} on {test}"
    found = {
        "confusion": confusion_matrix(C, splits.classes, title),
        "weights": weight_images(run.network.params["dense1.W"], splits.shape),
    }
    if mistakes:
        title = f"The surest of {C.sum() - C.trace():,} mistakes on {test}"
        found["mistakes"] = mistake_grid(mistakes, images, splits.classes, title)
    return found


def score_table(scores: ClassScores, classes: tuple[str, ...]) -> Table:
    table = Table("class", *(name for name in ("precision", "recall", "F1", "examples")))
    for name, precision, recall, f1, support in zip(classes, *scores, strict=True):
        table.add_row(name, f"{precision:.4f}", f"{recall:.4f}", f"{f1:.4f}", str(support))
    means = [f"{values.mean():.4f}" for values in scores[:3]]
    table.add_section()
    table.add_row("mean", *means, str(scores.support.sum()))
    return table


def confusion_table(C: Array, classes: tuple[str, ...]) -> Table:
    """Rows are the true classes, columns the predicted ones by number; zeros are left blank."""
    table = Table("true \\ predicted", *map(str, range(len(classes))))
    for i, (name, row) in enumerate(zip(classes, C, strict=True)):
        table.add_row(f"{i} {name}", *(str(count) if count else "" for count in row))
    return table
