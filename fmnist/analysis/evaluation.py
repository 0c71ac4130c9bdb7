"""The best network of a run on the test set: class by class, its worst mistakes, and pictures of both."""

from pathlib import Path

from rich.table import Table

from fmnist.callback.evaluation import write_evaluation
from fmnist.config.classes import NONE, Classes
from fmnist.interfaces import Array
from fmnist.run.load import load_run
from fmnist.terminal.console import get_console, print_table
from fmnist.training.evaluation import ClassScores, FinalEvaluation, class_scores, count_confusions, evaluate


def evaluate_run(folder: Path, own: Classes = NONE) -> None:
    """Print accuracy, scores per class and the confusion matrix; write them and the worst mistakes to the folder.

    Into evaluation.json; the pictures confusion, mistakes and weights beside it.

    Raises:
        ConfigError: there is no run in the folder.
        CheckpointError: best.npz is missing, damaged or of another architecture.
    """
    run = load_run(folder, own=own)
    splits, batch_size = run.splits, run.experiment.trainer.eval_batch_size
    batches = run.batches(splits.test)
    found = evaluate(run.network, run.experiment.loss, batches, batch_size)
    C = count_confusions(found.y, found.predicted, splits.k)

    get_console().print(f"{splits.name}: {splits.test.size} test examples, {folder / 'best.npz'}")
    get_console().print(f"accuracy {found.accuracy:.4f}   loss {found.loss:.4f}")
    print_table(score_table(class_scores(C), splits.classes))
    print_table(confusion_table(C, splits.classes))
    final = FinalEvaluation(run.network, splits, batches, batch_size, found)
    for name in write_evaluation(folder, final, run.experiment.trackers):
        get_console().print(f"{folder / name}.png and .svg")


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
