"""A network is a list of layers over one vector of parameters: forward in order, backward in reverse."""

from collections.abc import Mapping, Sequence

from fmnist.errors import CheckpointError
from fmnist.interfaces import Array, State
from fmnist.network.layer import Layer
from fmnist.network.parameters import Parameters


class Network:
    """What a model builds; `build_network` puts it together.

    `memory` holds what is learnt without a gradient, such as running statistics.
    """

    def __init__(
        self, named_layers: Sequence[tuple[str, Layer]], params: Parameters, memory: State, first_trained: int
    ) -> None:
        """`first_trained`: the first layer with parameters; no gradient is wanted before it."""
        self.named_layers, self.params, self.memory = named_layers, params, memory
        self.layers = [layer for _, layer in named_layers]
        self.backward_layers = self.layers[first_trained:][::-1]

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
