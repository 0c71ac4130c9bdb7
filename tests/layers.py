"""One layer by itself."""

from fmnist.interfaces import Array
from fmnist.network.layer import Layer


def forward(layer: Layer, x: Array, train: bool = True) -> Array:
    operations, y = layer.bind_forward(x, train)
    for run in operations:
        run()
    return y.copy()


def backward(layer: Layer, dy: Array) -> Array:
    """∂L/∂x of the last `forward`; dy is overwritten."""
    operations, dx = layer.bind_backward(dy)
    for run in operations:
        run()
    return dx.copy()
