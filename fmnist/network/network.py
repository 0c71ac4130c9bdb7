"""A network is a list of layers over one vector of parameters: forward in order, backward in reverse."""

from collections.abc import Mapping, Sequence

from fmnist.errors import CheckpointError
from fmnist.interfaces import Array, State
from fmnist.network.layer import Layer, Operation
from fmnist.network.parameters import Parameters


class Network:
    """What a model builds; `build_network` puts it together.

    The operations of a pass are bound to arrays once and only run for as long as it gets the same array object: pass
    the same one while the batch size is the same, and write each batch into it.

    memory: what is learnt without a gradient, such as running statistics.
    outputs: by layer, those of the last forward pass; where layers share a name, the last one's.
    """

    def __init__(
        self, named_layers: Sequence[tuple[str, Layer]], params: Parameters, memory: State, first_trained: int
    ) -> None:
        """`first_trained`: the first layer with parameters; no gradient is wanted before it."""
        self.named_layers, self.params, self.memory = named_layers, params, memory
        self.trained_layers = [layer for _, layer in named_layers[first_trained:]]
        self.x: Array | None = None
        self.train = False
        self.dlogits: Array | None = None

    def forward(self, x: Array, train: bool = False) -> Array:
        """Logits (n, k) of the inputs x (n, d); they live until the next call."""
        if x is not self.x or train is not self.train:
            self.bind_forward(x, train)
        for run in self.forward_pass:
            run()
        return self.logits

    def bind_forward(self, x: Array, train: bool) -> None:
        operations: list[Operation] = []
        outputs, y = {}, x
        for name, layer in self.named_layers:
            of_layer, y = layer.bind_forward(y, train)
            operations += of_layer
            outputs[name] = y
        self.forward_pass, self.outputs, self.logits = operations, outputs, y
        self.x, self.train, self.dlogits = x, train, None

    def backward(self, dlogits: Array) -> None:
        """Write ∇θ of the last `forward(x, train=True)`; `dlogits` is overwritten."""
        if dlogits is not self.dlogits:
            self.bind_backward(dlogits)
        for run in self.backward_pass:
            run()

    def bind_backward(self, dlogits: Array) -> None:
        operations: list[Operation] = []
        dy = dlogits
        for layer in reversed(self.trained_layers):
            of_layer, dy = layer.bind_backward(dy)
            operations += of_layer
        self.backward_pass, self.dlogits = operations, dlogits

    def state(self) -> State:
        """Every tensor by name: views, not copies."""
        return self.params.views | self.memory

    def load(self, state: Mapping[str, Array], source: str) -> None:
        """Take over the tensors of a checkpoint.

        Raises:
            CheckpointError: names, shapes or types differ; nothing is changed then. `source` names the file.
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
            if (kind := state[name].dtype.newbyteorder("=")) != tensor.dtype:
                raise CheckpointError(f"{source}: {name} is {kind} there, {tensor.dtype} in this network")
        for name, tensor in mine.items():
            tensor[...] = state[name]
