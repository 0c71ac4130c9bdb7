"""From a list of layers to a network: θ is laid out and initialised, and every layer gets its views."""

from collections.abc import Sequence

import numpy as np

from fmnist.interfaces import Engine, Init, Rng
from fmnist.network.layer import Layer
from fmnist.network.network import Network
from fmnist.network.parameters import Parameters


def build_network(
    layers: Sequence[tuple[str, Layer]], init: Init, rng: Rng, dtype: str = "float32", engine: Engine | None = None
) -> Network:
    """The network of these layers, in this order; weights are drawn in it, too.

    A parameter's name is "layer.parameter". Layers may share a name, as a dense layer and the activation that adds
    its bias do, if their parameters' names differ.

    Raises:
        ValueError: two parameters have the same name.
    """
    declared = [(f"{name}.{key}", p) for name, layer in layers for key, p in layer.parameters().items()]
    names = [name for name, _ in declared]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two parameters have the name {min(twice)}")

    weights = {name: p.shape for name, p in declared if p.start is None}
    rest = {name: p.shape for name, p in declared if p.start is not None and p.trained}
    params = Parameters(weights, rest, dtype)
    memory = {name: np.empty(p.shape, dtype) for name, p in declared if not p.trained}
    for name, p in declared:
        if p.trained:
            p.value, p.grad = params[name], params.grads[name]
        else:
            p.value = memory[name]
        if p.start is None:
            fan_in, fan_out = p.shape
            with np.errstate(over="ignore"):  # weights that are too large are found in the first step
                p.value[...] = init((fan_in, fan_out), rng)
        else:
            p.value[...] = p.start

    trained = [i for i, (_, layer) in enumerate(layers) if any(p.trained for p in layer.parameters().values())]
    first = min(trained, default=len(layers))
    for i, (_, layer) in enumerate(layers):
        layer.needs_input_grad = i > first
        layer.engine = engine or layer.engine
    return Network(layers, params, memory, first_trained=first)
