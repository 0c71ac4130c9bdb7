"""One run of a trial, on the side of the job: whatever happens in it, plain data comes back."""

import json
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from fmnist.errors import Diverged

Outcome = dict[str, Any]  # state: complete | pruned | failed; values by name; epochs; reason


class Job:
    """The user's task, wrapped for a launcher: an exception in one job must not end the others'."""

    def __init__(self, task: Callable[[DictConfig], Any], objectives: list[str], epoch: str) -> None:
        self.task, self.objectives, self.epoch = task, objectives, epoch

    def __call__(self, config: DictConfig) -> Outcome:
        folder = Path(HydraConfig.get().runtime.output_dir)
        try:
            value = self.task(config)
        except Diverged as error:
            return failed(str(error))
        except KeyboardInterrupt:
            raise
        except SystemExit as error:
            return failed(f"exited with code {error.code}")
        except BaseException as error:  # a plain line is all that survives every launcher
            return failed(f"{type(error).__name__}: {' '.join(str(error).split())}")
        return outcome(folder, value, self.objectives, self.epoch)


def failed(reason: str) -> Outcome:
    return {"state": "failed", "reason": reason}


def outcome(folder: Path, value: object, objectives: list[str], epoch: str) -> Outcome:
    """What the run's summary says; of a task that leaves none, the value that it returned."""
    file = folder / "summary.json"
    if not file.exists():
        return complete({objectives[0]: value}, None)
    summary = json.loads(file.read_text())
    if summary["state"] == "pruned":
        return {"state": "pruned", "reason": summary["reason"], "epochs": summary["epochs"]}
    known = {**summary, **summary["best" if epoch == "best" else "last"]}
    if epoch == "best" and summary["objective"] in objectives:
        known[summary["objective"]] = summary["value"]
    missing = [name for name in objectives if not isinstance(known.get(name), int | float)]
    if missing:
        numbers = sorted(name for name, figure in known.items() if isinstance(figure, int | float))
        return failed(f"the run has no {missing[0]}; it has {', '.join(numbers)}")
    return complete({name: known[name] for name in objectives}, summary["epochs"])


def complete(values: dict[str, Any], epochs: int | None) -> Outcome:
    for name, value in values.items():
        if not isinstance(value, int | float):
            return failed(f"{name} is {value!r}, not a number")
        if not isfinite(value):
            return failed(f"diverged: {name} is {value}")
    return {"state": "complete", "values": values, "epochs": epochs}
