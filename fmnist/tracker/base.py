"""What trackers have in common: methods that do nothing, and an error at once where a package is missing."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.errors import FmnistError
from fmnist.interfaces import Array, ImageTable, Metrics
from fmnist.sweep.program import Observer

if TYPE_CHECKING:
    from optuna.study import StudyDirection


class BaseTracker:
    """The contract `Tracker`, images and studies, with methods that do nothing; a tracker overrides those it needs."""

    def start(self, folder: Path, history: Sequence[Metrics]) -> None: ...

    def log(self, metrics: Metrics) -> None: ...

    def finish(self, summary: Mapping[str, Any]) -> None: ...

    def log_samples(self, folder: Path, dataset: str, samples: ImageTable, classes: Sequence[str]) -> None:
        """What a data set with these classes looks like."""

    def log_evaluation(
        self, folder: Path, y: Array, predicted: Array, classes: Sequence[str], picture: Path, mistakes: ImageTable
    ) -> None:
        """Labels y and predictions, both (n,), the confusion matrix as a picture, and the worst mistakes of a run."""

    def start_study(
        self, folder: Path, name: str, directions: Mapping[str, "StudyDirection"], n_finished: int
    ) -> Observer | None:
        """What is to watch a sweep in its folder; `n_finished` trials had ended before this start of it."""
        return None


def require(package: str, name: str) -> None:
    """Raises FmnistError if the package of the tracker `package` is not installed."""
    if find_spec(package) is None:
        raise FmnistError(f"tracker={package}: {name} is not installed: pip install {package}")
