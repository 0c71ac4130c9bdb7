"""Images and tables in W&B: what a data set looks like, and where a network errs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.interfaces import Array, ImageTable

if TYPE_CHECKING:
    import wandb
    from wandb.plot.custom_chart import CustomChart


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
    run.log({"confusion": confusion_plot(y, predicted, classes), **pictures(picture, mistakes)})
    run.summary["test/accuracy"] = float((y == predicted).mean())


def summarize_evaluation(
    run: "wandb.Run", y: Array, predicted: Array, classes: Sequence[str], picture: Path, mistakes: ImageTable
) -> None:
    """The same in the summary of a training's run: a row of the history would take the step of the next epoch."""
    plot = {"confusion": confusion_plot(y, predicted, classes)}
    # Only run.log takes a plot; this is how: the panel goes to the config, its table stays. Hence wandb==0.31.*.
    run.summary.update({**run._serialize_custom_charts(plot), **pictures(picture, mistakes)})


def confusion_plot(y: Array, predicted: Array, classes: Sequence[str]) -> "CustomChart":
    import wandb

    return wandb.plot.confusion_matrix(y_true=y.tolist(), preds=predicted.tolist(), class_names=list(classes))


def pictures(picture: Path, mistakes: ImageTable) -> dict[str, Any]:
    import wandb

    return {"confusion_picture": wandb.Image(str(picture)), "mistakes": table(mistakes)}
