"""torch.compile: gather, forward, loss, backward and update are one graph, without a break.

That was faster than compiling the model and the optimizer apart, which leaves autograd and a second call between them.
"""

import os
from functools import partial
from typing import Any

from platformdirs import user_cache_dir

os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", os.path.join(user_cache_dir("fmnist"), "torch-compile"))

import torch
from suite import DROPOUT, Cell
from torch.nn import functional

from peers.pytorch import Eager
from peers.rules import STATES, constants, update


class Compiled(Eager):
    def __init__(self, cell: Cell, threads: int | None) -> None:
        super().__init__(cell, threads)
        torch.compiler.reset()
        P = [p.detach() for p in self.model.parameters()]
        S = [tuple(torch.zeros_like(p) for _ in range(STATES[cell.optimizer])) for p in P]
        R = [(torch.zeros(n), torch.ones(n)) for n in cell.hidden if cell.extra == "batch norm"]
        self.constants = iter(torch.from_numpy(constants(cell.optimizer)).unbind())
        train = partial(step, cell, self.scale, P, S, R, self.x, self.y)
        self.compiled = torch.compile(train, fullgraph=True, dynamic=False)

    def step(self, rows: torch.Tensor) -> torch.Tensor:
        return self.compiled(rows, next(self.constants))


def step(cell: Cell, scale: float, P: Any, S: Any, R: Any, x: Any, y: Any, rows: Any, h: Any) -> Any:
    """One training step, in place."""
    images = x.index_select(0, rows).float() * scale
    gradient = torch.func.grad_and_value(partial(forward, cell), has_aux=True)
    grads, (loss, stats) = gradient(P, images, y.index_select(0, rows))
    for p, g, state in zip(P, grads, S, strict=True):
        new, changed = update(cell.optimizer, p, g, state, h, torch.sqrt)
        p.copy_(new)
        for old, value in zip(state, changed, strict=True):
            old.copy_(value)
    n = cell.batch
    for (running_mean, running_var), (mean, var) in zip(R, stats, strict=True):
        running_mean.lerp_(mean, 0.1)
        running_var.lerp_(var * (n / (n - 1)), 0.1)
    return loss


def forward(cell: Cell, P: Any, a: Any, y: Any) -> Any:
    """The mean cross-entropy of a batch, and the batch's means and variances where it is normalised."""
    p, stats = iter(P), []
    for _ in cell.hidden:
        if cell.extra == "batch norm":
            z = a @ next(p).T
            var, mean = torch.var_mean(z, 0, correction=0)
            stats.append((mean, var))
            z = (z - mean) * torch.rsqrt(var + 1e-5) * next(p) + next(p)
        else:
            z = functional.linear(a, next(p), next(p))
        a = torch.relu(z) if cell.activation == "relu" else torch.tanh(z)
        if cell.extra == "dropout":
            a = functional.dropout(a, DROPOUT)
    return functional.cross_entropy(functional.linear(a, next(p), next(p)), y), stats
