"""The floor: a step's matrix products alone, by np.matmul into buffers that are allocated once. Nothing is learned."""

from itertools import pairwise

import numpy as np
from suite import Cell
from threadpoolctl import threadpool_limits

from peers import Peer


class Floor(Peer):
    """Forward Z = A W; backward ∂W = Aᵀ ∂Z, and ∂A = ∂Z Wᵀ for all layers but the first."""

    def __init__(self, cell: Cell, threads: int | None) -> None:
        rng = np.random.default_rng(0)
        self.products = []
        for i, (fan_in, fan_out) in enumerate(pairwise((784, *cell.hidden, 10))):
            of_inputs, of_weights, of_outputs = (cell.batch, fan_in), (fan_in, fan_out), (cell.batch, fan_out)
            shapes = of_inputs, of_weights, of_outputs, of_outputs, of_weights, of_inputs
            A, W, Z, dZ, dW, dA = (rng.random(shape, np.float32) + np.float32(0.5) for shape in shapes)
            self.products += [(A, W, Z), (A.T, dZ, dW)] + [(dZ, W.T, dA)] * (i > 0)
        self.limits = threadpool_limits(threads, user_api="blas")

    def step(self, rows: object) -> None:
        for a, b, out in self.products:
            np.matmul(a, b, out=out)
