"""The figure that a run is judged by: which epoch is best, and which way is up."""

from collections.abc import Sequence

from fmnist.errors import ConfigError, closest
from fmnist.interfaces import Metrics, Splits

EPOCH_METRICS = ("val/accuracy", "val/loss", "train/accuracy", "train/loss")
TEST_METRICS = ("test/accuracy", "test/loss")  # known at the end only: they never choose an epoch


def higher_is_better(metric: str) -> bool:
    """Accuracies and rates are better when larger; losses, seconds and sizes when smaller."""
    return metric.endswith(("accuracy", "per_second"))


class Objective:
    """`objective=val/accuracy`: accuracies are better when larger, losses when smaller."""

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
        """Index of the best epoch, the earliest of equals; the last epoch where the test set is to judge."""
        if self.name in TEST_METRICS:
            return len(history) - 1
        values = [self.sign * metrics[self.name] for metrics in history]
        return values.index(max(values))

    def on(self, splits: Splits) -> "Objective":
        """The objective itself; without a validation part, the same figure on the test set, which chooses no epoch."""
        quantity = self.name.removeprefix("val/")
        return self if splits.val.size or quantity == self.name else Objective(f"test/{quantity}")
