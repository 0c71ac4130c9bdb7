"""Softmax regression on pixels that are scaled first."""

from dataclasses import dataclass
from math import prod

from fmnist.network.scale import Scale

from fmnist.activation.identity import Identity
from fmnist.interfaces import Rng
from fmnist.model.base import Model
from fmnist.network.activate import Activate
from fmnist.network.dense import Dense
from fmnist.network.layer import Layer


@dataclass(kw_only=True)
class Scaled(Model):
    """z = (s ⊙ x) W + b."""

    def named_layers(self, shape: tuple[int, ...], outputs: int, rng: Rng) -> list[tuple[str, Layer]]:
        d = prod(shape)
        return [("scale1", Scale(d)), ("dense1", Dense(d, outputs)), ("dense1", Activate(Identity(), bias=outputs))]
