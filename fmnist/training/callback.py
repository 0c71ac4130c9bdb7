"""The hooks of the training loop; a callback overrides what it needs.

Callbacks remember nothing that `training.history` does not say, so a resumed run goes on as if never stopped.
"""

from fmnist.training.state import TrainingState


class Callback:
    """Called in the order of the config."""

    def start(self, training: TrainingState) -> None:
        """Before the first epoch, or the first after a resume."""

    def epoch(self, training: TrainingState) -> None:
        """After each epoch; `training.history[-1]` is its row. Setting `training.stop` ends the training."""

    def finish(self, training: TrainingState) -> None:
        """At the end, good or bad."""
