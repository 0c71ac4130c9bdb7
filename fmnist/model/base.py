"""What every model shares: a leaf lists its layers, and the builder makes a network of them."""

from dataclasses import dataclass

from fmnist.activation.base import Activation
from fmnist.interfaces import Engine, Init, Rng
from fmnist.network.builder import build_network
from fmnist.network.layer import Layer
from fmnist.network.network import Network


@dataclass(kw_only=True)
class Model:
    """An architecture: a few keys that say what network to build."""

    activation: Activation
    init: Init

    def named_layers(self, shape: tuple[int, ...], outputs: int, rng: Rng) -> list[tuple[str, Layer]]:
        """The layers in order, each with its name, from examples of `shape` to logits; `rng` is for dropout."""
        raise NotImplementedError

    def network(
        self,
        shape: tuple[int, ...],
        outputs: int,
        *,
        init_rng: Rng,
        dropout_rng: Rng,
        dtype: str = "float32",
        engine: Engine | None = None,
    ) -> Network:
        """A network with its first weights, from inputs (n, d) with d = ∏ `shape` to logits (n, `outputs`)."""
        return build_network(self.named_layers(shape, outputs, dropout_rng), self.init, init_rng, dtype, engine)
