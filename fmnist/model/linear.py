"""No hidden layer: softmax regression when the loss is the cross-entropy."""

from dataclasses import dataclass

from fmnist.activation.base import Activation
from fmnist.config import check
from fmnist.interfaces import Engine, Init, Rng
from fmnist.model.mlp import MLP
from fmnist.network.network import Network


@dataclass(kw_only=True)
class Linear:
    """z = x W + b. The activation is not used: there is no hidden layer to apply it to."""

    activation: Activation
    init: Init
    input_dropout: float = 0.0

    def __post_init__(self) -> None:
        check.fraction(input_dropout=self.input_dropout)

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
        mlp = MLP(activation=self.activation, init=self.init, layers=0, input_dropout=self.input_dropout)
        rngs = {"init_rng": init_rng, "dropout_rng": dropout_rng}
        return mlp.network(inputs, outputs, **rngs, dtype=dtype, engine=engine)
