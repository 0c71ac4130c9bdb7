"""The hooks of the training loop; a callback overrides what it needs.

Callbacks remember nothing that `training.history` does not say, so a resumed run goes on as if never stopped.
"""

from fmnist.interfaces import MediaTracker
from fmnist.training.evaluation import FinalEvaluation
from fmnist.training.state import TrainingState


class Callback:
    """Called in the order of the config."""

    def start(self, training: TrainingState) -> None:
        """Before the first epoch, or the first after a resume."""

    def epoch(self, training: TrainingState) -> None:
        """After each epoch; `training.history[-1]` is its row. Setting `training.stop` ends the training."""

    def finish(self, training: TrainingState) -> None:
        """At the end of the training, good or bad."""

    def test(self, training: TrainingState, final: FinalEvaluation, tracker: MediaTracker) -> None:
        """After the best network was evaluated on the test set. Not in a run that was pruned or has failed."""
