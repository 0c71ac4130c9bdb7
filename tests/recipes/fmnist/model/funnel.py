"""A multilayer perceptron whose layers become narrower."""

from dataclasses import dataclass

from fmnist.activation.base import Activation
from fmnist.config import check
from fmnist.interfaces import Engine, Init, Rng
from fmnist.model.mlp import MLP
from fmnist.network.network import Network


@dataclass(kw_only=True)
class Funnel:
    """Each hidden layer has half the units of the one before."""

    activation: Activation
    init: Init
    layers: int = 2
    width: int = 64

    def __post_init__(self) -> None:
        check.integer(1, layers=self.layers, width=self.width)

    def network(
        self,
        inputs: int,
        outputs: int,
        *,
        init_rng: Rng,
        dropout_rng: Rng,
        dtype: str = "float32",
        engine: Engine | None = None,
    ) -> Network:
        widths = [max(1, self.width >> i) for i in range(self.layers)]
        mlp = MLP(activation=self.activation, init=self.init, layers=self.layers, width=widths)
        rngs = {"init_rng": init_rng, "dropout_rng": dropout_rng}
        return mlp.network(inputs, outputs, **rngs, dtype=dtype, engine=engine)
