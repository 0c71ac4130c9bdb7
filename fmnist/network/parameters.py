"""θ and ∇θ: all parameters of a network in one flat vector each, with views by name.

All weights come first, everything that is never decayed (biases, norm parameters) behind them, so weight decay
acts on one contiguous slice and an optimizer sees two vectors, whatever the network.
"""

from collections.abc import Mapping
from math import prod, sqrt

import numpy as np

from fmnist.engine.memory import zeros
from fmnist.interfaces import Array, Metrics


class Parameters:
    """The vectors `theta` and `grad`; `params["dense1.W"]` and `params.grads["dense1.W"]` are views into them."""

    def __init__(self, weights: Mapping[str, tuple[int, ...]], rest: Mapping[str, tuple[int, ...]], dtype: str) -> None:
        """Names with shapes: the weights, which decay, and the rest, which does not."""
        shapes = {**weights, **rest}
        self.weights = tuple(weights)
        self.decayed = sum(map(prod, weights.values()))  # θ[:decayed] are the weights
        self.size = sum(map(prod, shapes.values()))
        self.theta = zeros((self.size,), dtype)
        self.grad = zeros((self.size,), dtype)
        self.views = split(self.theta, shapes)
        self.grads = split(self.grad, shapes)

    def __getitem__(self, name: str) -> Array:
        return self.views[name]

    def weight_gradients(self) -> dict[str, Array]:
        """∂L/∂W by layer."""
        return {layer_name(name): self.grads[name] for name in self.weights}

    def norms(self) -> Metrics:
        """‖θ‖₂ and ‖∇θ‖₂ of every layer: "weight_norm/dense1", "gradient_norm/dense1"."""
        return layer_norms("weight_norm", self.views) | layer_norms("gradient_norm", self.grads)


def layer_name(name: str) -> str:
    """The layer of "dense1.W" is "dense1"."""
    return name.partition(".")[0]


def layer_norms(kind: str, tensors: Mapping[str, Array]) -> Metrics:
    squares: Metrics = {}
    for name, tensor in tensors.items():
        key = f"{kind}/{layer_name(name)}"
        squares[key] = squares.get(key, 0.0) + float(np.square(tensor, dtype=np.float64).sum())
    return {key: sqrt(square) for key, square in squares.items()}


def split(vector: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Views of one vector, one behind the other."""
    views, start = {}, 0
    for name, shape in shapes.items():
        views[name] = vector[start : start + prod(shape)].reshape(shape)
        start += prod(shape)
    return views
