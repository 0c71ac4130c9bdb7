"""The base class of all optimizers: learning rate, weight decay, state and checkpoints.

A subclass writes its rule once for both engines, as a pure function of one parameter (or an array of them):

    rule(θ, g, *state, h) → (θ, *state)

with h a NamedTuple of the step's constants. update.py applies it to θ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from fmnist.config import check
from fmnist.engine.memory import zeros
from fmnist.engine.numpy import NumPy
from fmnist.errors import CheckpointError
from fmnist.interfaces import Array, Engine, State
from fmnist.network.parameters import Parameters
from fmnist.optimizer.update import update

Rule = Callable[..., tuple[Array, ...]]


def state(start: float | None = None) -> Any:
    """Declare a field as state: a vector like θ that starts at zero, or a number that starts at `start`."""
    return field(init=False, repr=False, metadata={"state": start})


@dataclass(kw_only=True)
class Optimizer:
    """θ ← rule(θ, ∇θ), with learning rate η and weight decay λ on the weights, not on biases and norms.

    η: `lr`, times the scheduler's factor.  λ: `weight_decay`, in the gradient (g ← g + λθ, L2 regularisation) or,
    if `decoupled`, on the parameter itself (θ ← θ − ηλθ; Loshchilov & Hutter, 2019, https://arxiv.org/abs/1711.05101).
    """

    lr: float
    weight_decay: float = 0.0
    decoupled: bool = False
    t: int = state(0)  # steps taken

    rule: ClassVar[Rule]

    def __post_init__(self) -> None:
        check.positive(lr=self.lr)
        check.non_negative(weight_decay=self.weight_decay)
        check.boolean(decoupled=self.decoupled)

    def scalars(self, lr: float) -> tuple[float, ...]:
        """The constants h of step t at learning rate `lr`, as a NamedTuple."""
        raise NotImplementedError

    def bind(self, params: Parameters, engine: Engine | None = None) -> None:
        """Optimize these parameters from now on: t = 0, all state at its start."""
        self.params, self.engine = params, engine or NumPy()
        self.vectors: list[Array] = []
        for f in fields(self):
            if "state" in f.metadata:
                start = f.metadata["state"]
                setattr(self, f.name, zeros(params.theta.shape, params.theta.dtype.name) if start is None else start)
                if start is None:
                    self.vectors.append(getattr(self, f.name))
        self.run: Callable[[], None] | None = None

    def step(self, factor: float = 1.0) -> None:
        """One update of θ from ∇θ, at learning rate η · factor."""
        self.t += 1
        lr = self.lr * factor
        constants = self.scalars(lr)
        if self.run is None:
            self.run = self.prepare(type(constants), len(constants))
        self.h[:] = constants
        if self.weight_decay:
            self.decay[:] = (1 - lr * self.weight_decay, 0) if self.decoupled else (1, self.weight_decay)
        self.run()

    def prepare(self, scalars: type, count: int) -> Callable[[], None]:
        """The update, bound to the parameters and the state."""
        # Constants have the dtype of θ, so that the arithmetic keeps its precision.
        self.h = np.empty(count, self.params.theta.dtype)
        self.decay = np.array([1, 0], self.params.theta.dtype)
        bounds = np.array([self.params.decayed, self.params.size])
        vectors = self.params.theta, self.params.grad, *self.vectors
        return self.engine.bind(update, type(self).rule, scalars, self.h, self.decay, bounds, *vectors)

    def state(self) -> State:
        """All state by name, scalars as 0-dimensional arrays."""
        return {f.name: np.asarray(getattr(self, f.name)) for f in fields(self) if "state" in f.metadata}

    def load(self, state: Mapping[str, Array], source: str) -> None:
        """Restore the state of a checkpoint; call `bind` first.

        Raises:
            CheckpointError: the checkpoint is of another optimizer or network; nothing is changed then. `source` names
                the file.
        """
        mine = self.state()
        if {name: a.shape for name, a in mine.items()} != {name: a.shape for name, a in state.items()}:
            raise CheckpointError(
                f"{source} is of another optimizer: it holds {', '.join(state)}, not {', '.join(mine)}"
            )
        for name, value in mine.items():
            if (kind := state[name].dtype.newbyteorder("=")) != value.dtype:
                raise CheckpointError(f"{source}: {name} is {kind} there, {value.dtype} in this optimizer")
            if not value.ndim and not 0 <= state[name] < np.inf:  # steps, and products of what is below 1
                raise CheckpointError(f"{source}: {name} is {state[name]}, which no optimizer reaches")
        for name, value in mine.items():
            if value.ndim:
                value[...] = state[name]
            else:
                setattr(self, name, state[name].item())
