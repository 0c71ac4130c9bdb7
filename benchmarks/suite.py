"""What is measured: the networks, batch sizes, optimizers and activations, and the order of the examples."""

from itertools import pairwise
from typing import Any, NamedTuple

EXAMPLES = 60000
STEPS = 32  # every window is a multiple of it, so that a scan over so many is compiled once
LR = {"sgd": 0.01, "momentum": 0.001, "adam": 0.001, "nadam": 0.001}  # every network learns smoothly: losses compare
MOMENTUM, BETA1, BETA2, EPS, MOMENTUM_DECAY = 0.9, 0.9, 0.999, 1e-8, 0.004
DROPOUT = 0.2
NETWORKS = (
    ((64,), 64),
    ((128, 128, 128), 32),
    ((512, 512, 512), 32),
    ((256, 256), 256),
    ((1024, 1024), 256),
    ((32, 32), 16),
)


class Cell(NamedTuple):
    """One training: everything that the time of a step depends on. `extra`: "", "dropout" or "batch norm"."""

    hidden: tuple[int, ...]
    batch: int
    optimizer: str = "adam"
    activation: str = "relu"
    extra: str = ""

    @property
    def network(self) -> str:
        return "-".join(map(str, self.hidden)) + f"/{self.batch}"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.network, self.optimizer, self.activation, self.extra)))

    @property
    def flops(self) -> int:
        """Of a step's matrix products: forward, ∂W and ∂x take 2 · batch · inputs · outputs each, a layer."""
        layers = list(pairwise((784, *self.hidden, 10)))
        return 2 * self.batch * (3 * sum(a * b for a, b in layers) - layers[0][0] * layers[0][1])

    def overrides(self) -> list[str]:
        """The same for train.py."""
        dropout, batch_norm = self.extra == "dropout", self.extra == "batch norm"
        return [
            f"model.layers={len(self.hidden)}",
            f"model.width={[*self.hidden]}".replace(" ", ""),
            f"trainer.batch_size={self.batch}",
            f"optimizer={self.optimizer}",
            f"optimizer.lr={LR[self.optimizer]}",
            f"activation={self.activation}",
            "scheduler=constant",
            *[f"model.dropout={DROPOUT}"] * dropout,
            *["model.norm=batch"] * batch_norm,
        ]


def full_suite() -> list[Cell]:
    """Every network with every optimizer and both activations; two networks with dropout and with batch norm."""
    cells = [
        Cell(hidden, batch, optimizer, activation)
        for hidden, batch in NETWORKS
        for optimizer in LR
        for activation in ("relu", "tanh")
    ]
    two = (NETWORKS[1], NETWORKS[3])
    return cells + [Cell(hidden, batch, extra=extra) for hidden, batch in two for extra in ("dropout", "batch norm")]


def quick_suite() -> list[Cell]:
    return [
        Cell((64,), 64),
        Cell((128, 128, 128), 32, "nadam", "tanh"),
        Cell((256, 256), 256, "momentum"),
        Cell((32, 32), 16, "sgd"),
    ]


def order(seed: int, steps: int, batch: int) -> Any:
    """The rows of each step's batch, (steps, batch): the beginning of a new permutation of all EXAMPLES."""
    import numpy as np  # only where a peer is

    return np.random.default_rng(seed).permutation(EXAMPLES)[: steps * batch].reshape(steps, batch)
