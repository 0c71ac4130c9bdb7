"""The best trial as an experiment file: best.yaml, and experiment/best.yaml, where Hydra finds it by name."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fmnist.errors import FmnistError
from fmnist.files import atomic


def write_best(folder: Path, best: Mapping[str, Any], experiment_text: Callable[[Path], str]) -> bool:
    """Write best.yaml twice, if the best trial is another than before. False: the trial's folder is gone."""
    files = folder / "best.yaml", folder / "experiment" / "best.yaml"
    if all(file.exists() for file in files) and previous_best(folder) == best["number"]:
        return True
    try:
        text = experiment_text(Path(best["folder"]))
    except FmnistError:
        for file in files:  # an earlier best trial's would be wrong
            file.unlink(missing_ok=True)
        return False
    for file in files:
        file.parent.mkdir(exist_ok=True)
        atomic.write_text(file, text)
    return True


def previous_best(folder: Path) -> int | None:
    """The number of the best trial when the results were last written."""
    try:
        return json.loads((folder / "summary.json").read_text())["best"]["number"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
