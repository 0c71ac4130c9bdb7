"""The multilayer perceptron: (dense → norm → activation → dropout) × layers → dense."""

from dataclasses import dataclass
from itertools import pairwise
from math import prod

from fmnist.activation.identity import Identity
from fmnist.config import check
from fmnist.errors import ConfigError
from fmnist.interfaces import Rng
from fmnist.model.base import Model
from fmnist.network.activate import Activate
from fmnist.network.batch_norm import BatchNorm
from fmnist.network.dense import Dense
from fmnist.network.dropout import Dropout
from fmnist.network.layer import Layer
from fmnist.network.layer_norm import LayerNorm

NORMS: dict[str, type[BatchNorm] | type[LayerNorm] | None] = {"none": None, "batch": BatchNorm, "layer": LayerNorm}

MOST = 10_000  # layers; a list of them has to be made before their memory can be estimated


@dataclass(kw_only=True)
class MLP(Model):
    """`layers` hidden layers of `width` units (one number, or a list with one entry a layer).

    With a norm the hidden layers have no bias b: the norm's shift β does its work.
    """

    layers: int = 2
    width: int | list[int] = 256
    norm: str = "none"
    dropout: float = 0.0
    input_dropout: float = 0.0

    def __post_init__(self) -> None:
        check.integer(0, MOST, layers=self.layers)
        for width in self.width if isinstance(self.width, list) else [self.width]:
            if not (check.is_integer(width) and width > 0):
                raise ConfigError("width", self.width, "a whole number from 1 up, or a list of them")
        if isinstance(self.width, list) and len(self.width) != self.layers:
            raise ConfigError("width", self.width, f"one number, or a list of layers={self.layers} numbers")
        check.one_of(NORMS, norm=self.norm)
        check.fraction(dropout=self.dropout, input_dropout=self.input_dropout)

    def named_layers(self, shape: tuple[int, ...], outputs: int, rng: Rng) -> list[tuple[str, Layer]]:
        inputs, norm = prod(shape), NORMS[self.norm]
        widths = self.width if isinstance(self.width, list) else [self.width] * self.layers
        layers: list[tuple[str, Layer]] = []
        if self.input_dropout:
            layers.append(("dropout0", Dropout(self.input_dropout, rng)))
        for i, (fan_in, width) in enumerate(pairwise([inputs, *widths]), 1):
            layers.append((f"dense{i}", Dense(fan_in, width)))
            if norm:
                layers.append((f"norm{i}", norm(width)))
            layers.append((f"dense{i}", Activate(self.activation, bias=0 if norm else width)))
            if self.dropout:
                layers.append((f"dropout{i}", Dropout(self.dropout, rng)))
        last = f"dense{self.layers + 1}"
        layers.append((last, Dense([inputs, *widths][-1], outputs)))
        layers.append((last, Activate(Identity(), bias=outputs)))  # its outputs are the logits
        return layers
