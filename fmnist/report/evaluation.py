"""The best network of a run on the test set, class by class."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from rich.table import Table

from fmnist import atomic
from fmnist.batches import Batches
from fmnist.console import console
from fmnist.errors import ConfigError
from fmnist.evaluate import ClassScores, class_scores, confusion, evaluate
from fmnist.experiment import experiment
from fmnist.interfaces import Array
from fmnist.session import part
from fmnist.streams import streams


def evaluate_run(folder: Path) -> None:
    """Print accuracy, scores per class and the confusion matrix; write them to evaluation.json in the folder.

    Raises:
        ConfigError: there is no run in the folder.
        CheckpointError: best.npz is missing, damaged or of another architecture.
    """
    file = folder / "config.yaml"
    if not file.exists():
        raise ConfigError("folder", folder, "the folder of a run, with its config.yaml")
    config = OmegaConf.load(file)
    assert isinstance(config, DictConfig)
    parts = experiment(config)
    best = atomic.read_npz(folder / "best.npz")
    splits = parts.load()
    network = parts.network(splits, streams(parts.seed))
    network.load(part(best, "network"), str(folder / "best.npz"))
    batches = Batches(splits, splits.test, parts.trainer.precision)
    judged = evaluate(network, parts.loss, batches, parts.trainer.eval_batch_size)

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
    }
    atomic.write_json(folder / "evaluation.json", result)


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
