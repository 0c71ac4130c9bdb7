"""Keep the best network and the last state on disk."""

from dataclasses import dataclass

from fmnist import atomic
from fmnist.callback.base import Callback
from fmnist.session import Session


@dataclass(kw_only=True)
class Checkpoint(Callback):
    """best.npz: the network of the best epoch.  last.npz: all that `resume=` needs. Both are whole at any moment."""

    def epoch(self, session: Session) -> None:
        state = session.state()
        if session.objective.best_epoch(session.history) == session.epoch - 1:
            best = {name: array for name, array in state.items() if name.startswith("network/")}
            atomic.write_npz(session.folder / "best.npz", best)
        atomic.write_npz(session.folder / "last.npz", state)
