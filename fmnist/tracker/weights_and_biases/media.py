"""Images and tables in W&B: what a data set looks like, and where a network errs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fmnist.interfaces import Array, ImageTable

if TYPE_CHECKING:
    import wandb


def table(images: ImageTable) -> "wandb.Table":
    import wandb

    data = [[wandb.Image(image), *row] for image, row in zip(images.images, images.rows, strict=True)]
    return wandb.Table(columns=["image", *images.columns], data=data)


def log_samples(run: "wandb.Run", dataset: str, samples: ImageTable, classes: Sequence[str]) -> "wandb.Artifact":
    """As a table, and as an artifact of type `dataset`, which is returned."""
    import wandb

    run.log({"samples": table(samples)})
    artifact = wandb.Artifact(f"{dataset}-samples", type="dataset", metadata={"classes": list(classes)})
    artifact.add(table(samples), "samples")
    return run.log_artifact(artifact)


def log_evaluation(
    run: "wandb.Run", y: Array, predicted: Array, classes: Sequence[str], picture: Path, mistakes: ImageTable
) -> None:
    """The confusion matrix as W&B's plot and as a picture, and the table of mistakes."""
    import wandb

    matrix = wandb.plot.confusion_matrix(y_true=y.tolist(), preds=predicted.tolist(), class_names=list(classes))
    run.log({"confusion": matrix, "confusion_picture": wandb.Image(str(picture)), "mistakes": table(mistakes)})
    run.summary["test/accuracy"] = float((y == predicted).mean())
