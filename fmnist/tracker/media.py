"""Images and tables for W&B, in runs of their own: what a data set looks like, and where a network errs.

Both do nothing unless the tracker is W&B's, and cost a warning at most.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.interfaces import Array, Tracker
from fmnist.tracker.connection import is_disabled
from fmnist.tracker.description import described
from fmnist.tracker.wandb import Wandb

if TYPE_CHECKING:
    import wandb

    from fmnist.training.evaluation import Mistake


def log_samples(
    tracker: Tracker, folder: Path, dataset: str, images: Array, labels: Array, classes: Sequence[str]
) -> None:
    """A table of images (n, height, width) uint8 with their classes, also as an artifact of type `dataset`.

    The run's files go to folder/wandb/.
    """

    def tell(run: "wandb.Run") -> None:
        import wandb

        data = [[wandb.Image(image), classes[label]] for image, label in zip(images, labels, strict=True)]
        run.log({"samples": wandb.Table(columns=["image", "class"], data=data)})
        artifact = wandb.Artifact(f"{dataset}-samples", type="dataset", metadata={"classes": list(classes)})
        artifact.add(wandb.Table(columns=["image", "class"], data=data), "samples")
        run.log_artifact(artifact)

    log(tracker, folder, tell, config={"dataset": dataset}, name=dataset, job_type="samples")


def log_evaluation(
    tracker: Tracker,
    folder: Path,
    y: Array,
    predicted: Array,
    classes: Sequence[str],
    picture: Path,
    mistakes: Sequence["Mistake"],
    images: Array,
) -> None:
    """The confusion matrix of labels y and predictions, both (n,), as W&B's plot and as a picture; the worst mistakes.

    `folder` is that of the run, `images` (m, height, width) uint8 are those of the m mistakes. The W&B run's files go
    to folder/evaluation/wandb/, for folder/wandb/ is the training's.
    """

    def tell(run: "wandb.Run") -> None:
        import wandb

        names = list(classes)
        matrix = wandb.plot.confusion_matrix(y_true=y.tolist(), preds=predicted.tolist(), class_names=names)
        columns: list[str | int] = ["image", "class", "predicted", "probability", "probability of the class", "row"]
        data = [
            [wandb.Image(image), names[m.true], names[m.predicted], m.probability, m.true_probability, m.row]
            for image, m in zip(images, mistakes, strict=True)
        ]
        table = wandb.Table(columns=columns, data=data)
        run.log({"confusion": matrix, "confusion_picture": wandb.Image(str(picture)), "mistakes": table})
        run.summary["test/accuracy"] = float((y == predicted).mean())

    about = described(folder) | {"job_type": "evaluate"}
    log(tracker, folder / "evaluation", tell, **about)


def log(tracker: Tracker, folder: Path, tell: Any, **about: Any) -> None:
    """A run of W&B's that does one thing; its name and job type are ours, the rest is the tracker's."""
    if isinstance(tracker, Wandb) and not is_disabled():
        connection = replace(tracker, name=None, job_type=None).connect(folder, **about)
        connection.do(tell)
        connection.finish()
