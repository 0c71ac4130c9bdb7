"""How much memory a training needs, estimated before any of it is allocated."""

from collections.abc import Sequence
from dataclasses import fields
from math import prod

import numpy as np

from fmnist.network.layer import Layer
from fmnist.optimizer.base import Optimizer

INIT = 8  # bytes of a weight while it is drawn, in float64


def estimate_memory(layers: Sequence[Layer], inputs: int, rows: int, optimizer: Optimizer, precision: str) -> int:
    """Bytes for θ, ∇θ, the optimizer's vectors, the largest weight matrix while it is drawn, and a batch of `rows`.

    A layer needs its outputs and their gradients; those without parameters have as many as the layer before.
    """
    shapes = [(p.shape, p.trained, p.start) for layer in layers for p in layer.parameters().values()]
    vectors = 2 + sum("state" in f.metadata and f.metadata["state"] is None for f in fields(optimizer))
    trained = sum(prod(shape) for shape, is_trained, _ in shapes if is_trained)
    largest = max((prod(shape) for shape, _, start in shapes if start is None), default=0)
    width, outputs = inputs, inputs
    for layer in layers:
        width = next((p.shape[-1] for p in layer.parameters().values() if p.start is None), width)
        outputs += 2 * width
    return (vectors * trained + rows * outputs) * np.dtype(precision).itemsize + INIT * largest


def gigabytes(size: float) -> str:
    return f"{size / 2**30:,.1f} GiB"
