"""A training run in W&B: how it is described, its rows, its end."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.files.run_folder import read_environment
from fmnist.files.yaml import read_yaml
from fmnist.interfaces import Metrics
from fmnist.tracker.description import GOOD_ENDS, flatten_summary, hyperparameters, run_name, study_name
from fmnist.tracker.weights_and_biases.connection import Connection

if TYPE_CHECKING:
    import wandb


def init_arguments(folder: Path) -> dict[str, Any]:
    """Arguments of wandb.init: config, name, and, for a trial, its study as the group.

    The config has every scalar under its name on the command line, for W&B's panels compare scalars; the nested config
    is under "config", the code's version and the machine under "environment".
    """
    config = {
        **hyperparameters(folder),
        "config": read_yaml(folder / "config.yaml"),
        "environment": read_environment(folder),
        "folder": str(folder),
        "command": (folder / "command.txt").read_text().strip(),
    }
    study = study_name(folder)
    kind = {"group": study, "job_type": "trial"} if study else {"job_type": "train"}
    return {"config": config, "name": run_name(folder), **kind}


def define_metrics(run: "wandb.Run") -> None:
    """Every metric is drawn against the epoch."""
    run.define_metric("epoch")
    run.define_metric("*", step_metric="epoch")


def log_row(connection: Connection, metrics: Metrics) -> None:
    """An epoch, unless W&B has it from before a resume."""
    step = int(metrics["epoch"])

    def log(run: "wandb.Run") -> None:
        if step >= connection.first_step:
            run.log(metrics, step=step, commit=True)

    connection.submit(log)


def log_model(connection: Connection, file: Path, summary: Mapping[str, Any]) -> None:
    """The checkpoint as an artifact of type `model`."""

    def log(run: "wandb.Run") -> None:
        import wandb

        artifact = wandb.Artifact(f"network-{run.id}", type="model", metadata=flatten_summary(summary))
        artifact.add_file(str(file), policy="immutable")  # no copy of it
        connection.artifacts.append(run.log_artifact(artifact))

    connection.submit(log)


def finish_run(connection: Connection, summary: Mapping[str, Any], tags: Sequence[str]) -> None:
    """Close with the summary and the state as a tag; the exit code is 1 for a run without a good end."""

    def update(run: "wandb.Run") -> None:
        run.summary.update(flatten_summary(summary))
        run.tags = (*tags, summary["state"])

    connection.submit(update)
    connection.finish(0 if summary["state"] in GOOD_ENDS else 1)
