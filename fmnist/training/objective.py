"""The metric that a run is measured by: which epoch is best, and which way is better."""

from collections.abc import Sequence

from fmnist.errors import ConfigError, closest
from fmnist.interfaces import Metrics, Splits

EPOCH_METRICS = ("val/accuracy", "val/loss", "train/accuracy", "train/loss")
TEST_METRICS = ("test/accuracy", "test/loss")  # known at the end only: they never choose an epoch


def higher_is_better(metric: str) -> bool:
    """True for accuracies and rates (`…per_second`); losses, seconds and sizes are better when smaller."""
    return metric.endswith(("accuracy", "per_second"))


class Objective:
    """`objective=val/accuracy`: compares the values of the metric, and finds the best epoch."""

    def __init__(self, name: str) -> None:
        names = EPOCH_METRICS + TEST_METRICS
        if name not in names:
            raise ConfigError("objective", name, f"one of {', '.join(names)}{closest(str(name), names)}")
        self.name = name
        self.sign = 1.0 if higher_is_better(name) else -1.0

    def better(self, a: float, b: float, by: float = 0.0) -> bool:
        """Is a better than b by more than `by`?"""
        return self.sign * (a - b) > by

    def best_epoch(self, history: Sequence[Metrics]) -> int:
        """Index of the best epoch, the earliest of equals; the last epoch if the objective is a test metric."""
        if self.name in TEST_METRICS:
            return len(history) - 1
        values = [self.sign * metrics[self.name] for metrics in history]
        return values.index(max(values))

    def on(self, splits: Splits) -> "Objective":
        """The objective itself; without a validation part, the same metric of the test set."""
        quantity = self.name.removeprefix("val/")
        return self if splits.val.size or quantity == self.name else Objective(f"test/{quantity}")
