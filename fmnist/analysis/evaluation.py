"""The best network of a run on the test set: class by class, its worst mistakes, and pictures of both."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.table import Table

from fmnist.errors import ConfigError
from fmnist.experiment import experiment
from fmnist.files import atomic
from fmnist.interfaces import Array, ImageTable, Splits
from fmnist.network.network import Network
from fmnist.terminal.console import console
from fmnist.training.batches import Batches
from fmnist.training.evaluation import (
    ClassScores,
    Mistake,
    class_scores,
    confusion,
    evaluate,
    probabilities,
    worst_mistakes,
)
from fmnist.training.generators import spawn_generators
from fmnist.training.state import part

MISTAKES = 24


def evaluate_run(folder: Path) -> None:
    """Print accuracy, scores per class and the confusion matrix; write them and the worst mistakes to the folder.

    Into evaluation.json; the pictures confusion, mistakes and weights beside it.

    Raises:
        ConfigError: there is no run in the folder.
        CheckpointError: best.npz is missing, damaged or of another architecture.
    """
    parts = experiment(stored_config(folder))
    best = atomic.read_npz(folder / "best.npz")
    splits = parts.load()
    network = parts.network(splits, spawn_generators(parts.seed))
    network.load(part(best, "network"), str(folder / "best.npz"))
    batches = Batches(splits, splits.test, parts.trainer.precision, engine=parts.engine)
    judged = evaluate(network, parts.loss, batches, parts.trainer.eval_batch_size)

    p = probabilities(network, batches, parts.trainer.eval_batch_size)
    mistakes = worst_mistakes(p, splits.test, MISTAKES)
    C = confusion(judged.y, judged.predicted, splits.k)
    scores = class_scores(C)
    console().print(f"{splits.name}: {splits.test.size} test examples, {folder / 'best.npz'}")
    console().print(f"accuracy {judged.accuracy:.4f}   loss {judged.loss:.4f}")
    console().print(score_table(scores, splits.classes))
    console().print(confusion_table(C, splits.classes))
    result: dict[str, Any] = {
        "dataset": splits.name,
        "test/accuracy": judged.accuracy,
        "test/loss": judged.loss,
        "classes": splits.classes,
        **{name: values.tolist() for name, values in scores._asdict().items()},
        "confusion": C.tolist(),
        "mistakes": [mistake._asdict() for mistake in mistakes],
    }
    atomic.write_json(folder / "evaluation.json", result)
    for name in draw(folder, splits, network, C, mistakes):
        console().print(f"{folder / name}.png and .svg")
    table = mistake_table(mistakes, splits)
    picture = folder / "confusion.png"
    parts.trackers.log_evaluation(folder, judged.y, judged.predicted, splits.classes, picture, table)


def mistake_table(mistakes: list[Mistake], splits: Splits) -> ImageTable:
    images = splits.test.x[[mistake.row for mistake in mistakes]].reshape(-1, *splits.shape)
    columns = ("class", "predicted", "probability", "probability of the class", "row")
    names = splits.classes
    rows = [(names[m.true], names[m.predicted], m.probability, m.true_probability, m.row) for m in mistakes]
    return ImageTable(images, columns, rows)


def stored_config(folder: Path) -> DictConfig:
    """The config of the run in the folder; a ConfigError where there is none."""
    file = folder / "config.yaml"
    if not file.exists():
        raise ConfigError("folder", folder, "the folder of a run, with its config.yaml")
    config = OmegaConf.load(file)
    assert isinstance(config, DictConfig)
    return config


def draw(folder: Path, splits: Splits, network: Network, C: Array, mistakes: list[Mistake]) -> list[str]:
    """The pictures' names."""
    from fmnist.picture.confusion_matrix import confusion_matrix
    from fmnist.picture.mistake_grid import mistake_grid
    from fmnist.picture.style import save
    from fmnist.picture.weight_images import weight_images

    test = f"{splits.name}'s {splits.test.size:,} test images"
    accuracy = f"{C.trace() / C.sum():.4f}"
    pictures = {
        "confusion": confusion_matrix(C, splits.classes, f"Confusion matrix: accuracy {accuracy} on {test}"),
        "weights": weight_images(network.params["dense1.W"], splits.shape),
    }
    if mistakes:
        images = splits.test.x[[mistake.row for mistake in mistakes]].reshape(-1, *splits.shape)
        title = f"The surest of {C.sum() - C.trace():,} mistakes on {test}"
        pictures["mistakes"] = mistake_grid(mistakes, images, splits.classes, title)
    for name, drawn in pictures.items():
        save(drawn, folder / name)
    return list(pictures)


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
