"""PyTorch, eager: nn.Sequential and torch.optim, plain and with the fused optimizer."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import torch
from suite import BETA1, BETA2, DROPOUT, EPS, LR, MOMENTUM, MOMENTUM_DECAY, Cell
from torch import nn
from torch.nn import functional

from fmnist.interfaces import Array
from peers import Peer
from peers.start import data, weights


class Eager(Peer):
    """Images as bytes, gathered by index_select, then scaled: faster than floats. Gradients are dropped, not zeroed."""

    fast: ClassVar[dict[str, bool]] = {}  # what torch.optim chooses by itself

    def __init__(self, cell: Cell, threads: int | None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self.x, self.y = torch.tensor(data().train.x), torch.from_numpy(data().train.y)
        self.scale = float(data().scale)
        self.model = nn.Sequential(*layers(cell))
        for tensor, array in zip(self.model.parameters(), ordered(cell), strict=True):
            tensor.data.copy_(torch.tensor(array.T))
        self.optimizer = self.optim(cell)

    def optim(self, cell: Cell) -> Any:
        p, lr = self.model.parameters(), LR[cell.optimizer]
        if cell.optimizer == "sgd":
            return torch.optim.SGD(p, lr, **self.fast)
        if cell.optimizer == "momentum":
            return torch.optim.SGD(p, lr, momentum=MOMENTUM, **self.fast)
        if cell.optimizer == "adam":
            return torch.optim.Adam(p, lr, (BETA1, BETA2), EPS, **self.fast)
        foreach = {"foreach": True} if self.fast else {}  # there is no fused one
        return torch.optim.NAdam(p, lr, (BETA1, BETA2), EPS, momentum_decay=MOMENTUM_DECAY, **foreach)

    def batches(self, order: Array) -> Iterable[torch.Tensor]:
        return torch.from_numpy(order).unbind()

    def step(self, rows: torch.Tensor) -> torch.Tensor:
        self.optimizer.zero_grad(set_to_none=True)
        images = self.x.index_select(0, rows).float().mul_(self.scale)
        loss = functional.cross_entropy(self.model(images), self.y.index_select(0, rows))
        loss.backward()
        self.optimizer.step()
        return loss

    def losses(self, order: Array) -> list[float]:
        return [self.step(rows).item() for rows in self.batches(order)]


class Fused(Eager):
    fast: ClassVar[dict[str, bool]] = {"fused": True}


def layers(cell: Cell) -> Iterator[nn.Module]:
    """The layers of `Sequential`."""
    fan_in, normed = 784, cell.extra == "batch norm"
    for width in cell.hidden:
        yield nn.Linear(fan_in, width, bias=not normed)
        if normed:
            yield nn.BatchNorm1d(width)
        yield {"relu": nn.ReLU, "tanh": nn.Tanh}[cell.activation]()
        if cell.extra == "dropout":
            yield nn.Dropout(DROPOUT)
        fan_in = width
    yield nn.Linear(fan_in, 10)


def ordered(cell: Cell) -> list[Array]:
    """Our first weights in the order of the model's parameters."""
    first = weights(cell)
    kinds = ("dense{}.W", "dense{}.b", "norm{}.gamma", "norm{}.beta")
    names = [kind.format(i) for i in range(1, len(cell.hidden) + 2) for kind in kinds]
    return [first[name] for name in names if name in first]
