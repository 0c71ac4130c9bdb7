"""Everything that changes while a network trains; a checkpoint holds it, and resuming loads it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fmnist.engine.numpy import NumPy
from fmnist.errors import CheckpointError
from fmnist.files import atomic
from fmnist.interfaces import Array, Engine, Metrics, State
from fmnist.network.network import Network
from fmnist.optimizer.base import Optimizer
from fmnist.training.generators import Generators, restore_generators
from fmnist.training.objective import TEST_METRICS, Objective
from fmnist.training.timing import Timing

HISTORY = 100_000_000  # bytes that the text of a checkpoint may have


@dataclass
class TrainingState:
    """A training in progress.

    epochs: how many are planned, of so many training `examples`.  epoch: how many are done.
    history: a row of metrics for each epoch that is done.
    objective: what tells good from bad.  folder: where the run's files go.
    stop: why it ended early, empty while it goes on.  pruned: it was a sweep that ended it.
    seen, loss_sum, correct: sums over the examples of the running epoch, for whoever wants to watch.
    timing: the seconds that are no training.
    """

    network: Network
    optimizer: Optimizer
    rngs: Generators
    objective: Objective
    folder: Path
    epochs: int
    examples: int
    engine: Engine = field(default_factory=NumPy)
    history: list[Metrics] = field(default_factory=list)
    stop: str = ""
    pruned: bool = False
    seen: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    timing: Timing = field(default_factory=Timing)

    @property
    def epoch(self) -> int:
        return len(self.history)

    def resume(self) -> None:
        """Go on from last.npz in the folder; without one, start from the beginning.

        Raises:
            CheckpointError: the file is damaged, or of another network or optimizer.
        """
        file = self.folder / "last.npz"
        if file.exists():
            size = sum(array.nbytes for array in self.state().values())
            self.load(atomic.read_npz(file, limit=4 * size + HISTORY), str(file))

    def state(self) -> State:
        """Arrays by name: "network/dense1.W", "optimizer/m", and the rest as JSON text in "session"."""
        text = {
            "optimizer": type(self.optimizer).__name__,
            "history": self.history,
            "streams": [rng.bit_generator.state for rng in self.rngs],
        }
        arrays = {f"network/{name}": array for name, array in self.network.state().items()}
        arrays |= {f"optimizer/{name}": array for name, array in self.optimizer.state().items()}
        return arrays | {"session": np.array(json.dumps(text))}

    def load(self, state: Mapping[str, Array], source: str) -> None:
        """Take over all of a checkpoint; `source` names the file in errors."""
        text = parse_session(state, source)
        if text["optimizer"] != type(self.optimizer).__name__:
            message = f"{source} is of another optimizer: {text['optimizer']}, not {type(self.optimizer).__name__}"
            raise CheckpointError(message)
        self.check_history(text["history"], source)
        self.network.load(part(state, "network"), source)
        self.optimizer.load(part(state, "optimizer"), source)
        try:
            restore_generators(self.rngs, text["streams"])
        except ValueError as error:
            raise CheckpointError(f"{source}: {error}") from None
        self.history = text["history"]

    def check_history(self, history: list[Any], source: str) -> None:
        """Raises CheckpointError unless there is a row of numbers for each epoch, with what is read of it later."""
        wanted = {"epoch", "seconds", self.objective.name} - set(TEST_METRICS)
        for n, row in enumerate(history, 1):
            if not (isinstance(row, dict) and all(is_number(value) for value in row.values())):
                raise CheckpointError(f"{source}: epoch {n} of its history is no row of numbers")
            if missing := wanted - row.keys():
                raise CheckpointError(f"{source}: epoch {n} of its history has no {', '.join(sorted(missing))}")


def is_number(value: object) -> bool:
    """As JSON has them; also those that are not finite, but none too large for a float."""
    return isinstance(value, float) or (type(value) is int and abs(value) < 2**63)


def parse_session(state: Mapping[str, Array], source: str) -> dict[str, Any]:
    """What a checkpoint holds as JSON: the optimizer's name, the history and the states of the generators.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    if "session" not in state:
        raise CheckpointError(f"{source}: no checkpoint to go on from: it has no session")
    try:
        text = json.loads(str(state["session"]))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{source}: its session is no JSON ({error})") from None
    for key, kind in {"optimizer": str, "history": list, "streams": list}.items():
        if not (isinstance(text, dict) and isinstance(text.get(key), kind)):
            raise CheckpointError(f"{source}: its session has no {key}")
    return text


def part(state: Mapping[str, Array], prefix: str) -> State:
    """The arrays "prefix/name" of a checkpoint by name."""
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in state.items() if name.startswith(start)}
