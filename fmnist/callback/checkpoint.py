"""Keep the best network and the last state on disk."""

from dataclasses import dataclass

from fmnist.files import atomic
from fmnist.training.callback import Callback
from fmnist.training.state import TrainingState


@dataclass(kw_only=True)
class Checkpoint(Callback):
    """best.npz: the network of the best epoch.  last.npz: all that `resume=` needs. Both are whole at any moment."""

    def epoch(self, training: TrainingState) -> None:
        state = training.state()
        if training.objective.best_epoch(training.history) == training.epoch - 1:
            best = {name: array for name, array in state.items() if name.startswith("network/")}
            atomic.write_npz(training.folder / "best.npz", best)
        atomic.write_npz(training.folder / "last.npz", state)
