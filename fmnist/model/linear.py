"""No hidden layer: softmax regression when the loss is the cross-entropy."""

from dataclasses import dataclass
from math import prod

from fmnist.activation.identity import Identity
from fmnist.config import check
from fmnist.interfaces import Rng
from fmnist.model.base import Model
from fmnist.network.activate import Activate
from fmnist.network.dense import Dense
from fmnist.network.dropout import Dropout
from fmnist.network.layer import Layer


@dataclass(kw_only=True)
class Linear(Model):
    """z = x W + b. The activation is not used: there is no hidden layer to apply it to."""

    input_dropout: float = 0.0

    def __post_init__(self) -> None:
        check.fraction(input_dropout=self.input_dropout)

    def named_layers(self, shape: tuple[int, ...], outputs: int, rng: Rng) -> list[tuple[str, Layer]]:
        layers: list[tuple[str, Layer]] = []
        if self.input_dropout:
            layers.append(("dropout0", Dropout(self.input_dropout, rng)))
        layers.append(("dense1", Dense(prod(shape), outputs)))
        layers.append(("dense1", Activate(Identity(), bias=outputs)))
        return layers
