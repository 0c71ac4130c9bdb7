"""A network is a list of layers over one vector of parameters: forward in order, backward in reverse."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from fmnist.errors import CheckpointError
from fmnist.interfaces import Array, Engine, Layer, Rng, State
from fmnist.network.params import Params


class Network:
    """What a model builds. `memory` holds what is learnt without a gradient, such as running statistics."""

    def __init__(self, layers: Sequence[Layer], params: Params, memory: State, first_trained: int = 0) -> None:
        """`first_trained`: the first layer with parameters; no gradient is wanted before it."""
        self.layers, self.params, self.memory = layers, params, memory
        self.backward_layers = layers[first_trained:][::-1]

    def forward(self, x: Array, train: bool = False) -> Array:
        """Logits (n, k) of the inputs x (n, d); they live until the next call."""
        for layer in self.layers:
            x = layer.forward(x, train)
        return x

    def backward(self, dlogits: Array) -> None:
        """Write ∇θ of the last `forward(x, train=True)`; `dlogits` is overwritten."""
        for layer in self.backward_layers:
            dlogits = layer.backward(dlogits)

    def state(self) -> State:
        """Every tensor by name: views, not copies."""
        return self.params.views | self.memory

    def load(self, state: Mapping[str, Array], source: str) -> None:
        """Take over the tensors of a checkpoint.

        Raises:
            CheckpointError: names or shapes differ; nothing is changed then. `source` names the file.
        """
        mine = self.state()
        have = {name: tensor.shape for name, tensor in state.items()}
        want = {name: tensor.shape for name, tensor in mine.items()}
        for name in sorted(have.keys() | want.keys()):
            if have.get(name) != want.get(name):
                raise CheckpointError(
                    f"{source} is of another architecture: {name} is {have.get(name, 'absent')} there,"
                    f" {want.get(name, 'absent')} in this network"
                )
        for name, tensor in mine.items():
            tensor[...] = state[name]


class Model(Protocol):
    """An architecture: a few keys that say what network to build."""

    def network(
        self,
        inputs: int,
        outputs: int,
        *,
        init_rng: Rng,
        dropout_rng: Rng,
        dtype: str = "float32",
        engine: Engine | None = None,
    ) -> Network:
        """A network with its first weights, from inputs (n, `inputs`) to logits (n, `outputs`)."""
