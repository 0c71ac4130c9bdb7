"""The multilayer perceptron: (dense → norm → activation → dropout) × layers → dense."""

from dataclasses import dataclass
from itertools import pairwise

from fmnist.activation.base import Activation
from fmnist.activation.identity import Identity
from fmnist.config import check
from fmnist.engine.numpy import NumPy
from fmnist.errors import ConfigError
from fmnist.interfaces import Engine, Init, Layer, Rng, State
from fmnist.network.activate import Activate
from fmnist.network.batch_norm import BatchNorm
from fmnist.network.dense import Dense
from fmnist.network.dropout import Dropout
from fmnist.network.layer_norm import LayerNorm
from fmnist.network.network import Network
from fmnist.network.params import Params

NORMS: dict[str, type[BatchNorm] | type[LayerNorm] | None] = {"none": None, "batch": BatchNorm, "layer": LayerNorm}


@dataclass(kw_only=True)
class MLP:
    """`layers` hidden layers of `width` units (one number, or a list with one entry a layer).

    With a norm the hidden layers have no bias b: the norm's shift β does its work.
    """

    activation: Activation
    init: Init
    layers: int = 2
    width: int | list[int] = 256
    norm: str = "none"
    dropout: float = 0.0
    input_dropout: float = 0.0

    def __post_init__(self) -> None:
        check.integer(0, layers=self.layers)
        for width in self.width if isinstance(self.width, list) else [self.width]:
            if not (check.is_integer(width) and width > 0):
                raise ConfigError("width", self.width, "a whole number from 1 up, or a list of them")
        if isinstance(self.width, list) and len(self.width) != self.layers:
            raise ConfigError("width", self.width, f"one number, or a list of layers={self.layers} numbers")
        check.one_of(NORMS, norm=self.norm)
        check.fraction(dropout=self.dropout, input_dropout=self.input_dropout)

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
        """The network with its first weights, for inputs (n, `inputs`) and logits (n, `outputs`)."""
        hidden = self.width if isinstance(self.width, list) else [self.width] * self.layers
        sizes = [inputs, *hidden, outputs]
        engine = engine or NumPy()
        norm = NORMS[self.norm]

        weights, rest = {}, {}
        for i, (fan_in, fan_out) in enumerate(pairwise(sizes), 1):
            weights[f"dense{i}.W"] = (fan_in, fan_out)
            if norm is None or i > self.layers:
                rest[f"dense{i}.b"] = (fan_out,)
            else:
                rest |= {f"norm{i}.gamma": (fan_out,), f"norm{i}.beta": (fan_out,)}
        params = Params(weights, rest, dtype)
        p, g = params.views, params.grads
        for name, shape in weights.items():
            p[name][...] = self.init(shape, init_rng)

        layers: list[Layer] = []
        memory: State = {}
        if self.input_dropout:
            layers.append(Dropout(self.input_dropout, inputs, dtype, dropout_rng, engine))
        for i, width in enumerate([*hidden, outputs], 1):
            W, b = f"dense{i}.W", f"dense{i}.b"
            layers.append(Dense(p[W], g[W], engine, first=i == 1))
            if norm is not None and i <= self.layers:
                gamma, beta = f"norm{i}.gamma", f"norm{i}.beta"
                p[gamma][...] = 1
                layers.append(layer := norm(p[gamma], g[gamma], p[beta], g[beta], engine))
                memory |= {f"norm{i}.{name}": tensor for name, tensor in layer.state().items()}
            sigma = self.activation if i <= self.layers else Identity()  # the last layer's outputs are the logits
            layers.append(Activate(sigma, width, dtype, p.get(b), g.get(b), engine))
            if self.dropout and i <= self.layers:
                layers.append(Dropout(self.dropout, width, dtype, dropout_rng, engine))
        return Network(layers, params, memory, first_trained=1 if self.input_dropout else 0)
