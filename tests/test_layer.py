"""The contract of layers and models: what is new is new code alone, and arrays may be other objects at any time."""

import gc
import weakref
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from fmnist.activation.identity import Identity
from fmnist.init.zeros import Zeros
from fmnist.interfaces import Array, Rng
from fmnist.model.base import Model
from fmnist.network.activate import Activate
from fmnist.network.batch_norm import BatchNorm
from fmnist.network.builder import build_network
from fmnist.network.dense import Dense
from fmnist.network.dropout import Dropout
from fmnist.network.layer import Layer, Parameter, Pass
from fmnist.network.layer_norm import LayerNorm
from fmnist.network.network import Network
from gradients import numeric_grad
from options import build


class Convolution(Layer):
    """z[i, j, c] = Σₐᵦ x[i + a, j + b] W[a, b, c] + b[c] of images x (height, width)."""

    def __init__(self, shape: tuple[int, ...], size: int, channels: int) -> None:
        self.shape, self.size = shape, size
        self.out = shape[0] - size + 1, shape[1] - size + 1, channels
        self.W, self.b = Parameter(size * size, channels), Parameter(channels, start=0.0)

    def parameters(self) -> dict[str, Parameter]:
        return {"W": self.W, "b": self.b}

    def patches(self, x: Array) -> Array:
        windows = sliding_window_view(x.reshape(-1, *self.shape), (self.size, self.size), axis=(1, 2))
        return windows.reshape(*windows.shape[:3], -1)

    def bind_forward(self, x: Array, train: bool) -> Pass:
        y = np.empty((len(x), prod(self.out)), x.dtype)

        self.x = x

        def run() -> None:
            y.reshape(-1, *self.out)[...] = self.patches(x) @ self.W.value + self.b.value

        return [run], y

    def bind_backward(self, dy: Array) -> Pass:
        assert not self.needs_input_grad

        def run() -> None:
            dz = dy.reshape(-1, *self.out)
            self.W.grad[...] = np.einsum("nijp,nijc->pc", self.patches(self.x), dz)
            self.b.grad[...] = dz.sum(axis=(0, 1, 2))

        return [run], dy


@dataclass(kw_only=True)
class ConvNet(Model):
    """convolution → activation → dense."""

    def named_layers(self, shape: tuple[int, ...], outputs: int, rng: Rng) -> list[tuple[str, Layer]]:
        convolution = Convolution(shape, size=2, channels=3)
        return [
            ("conv1", convolution),
            ("conv1", Activate(self.activation)),
            ("dense1", Dense(prod(convolution.out), outputs)),
            ("dense1", Activate(Identity(), bias=outputs)),
        ]


def test_a_layer_and_a_model_of_ones_own_need_no_edit() -> None:
    model = ConvNet(activation=build("activation", "tanh"), init=build("init", "xavier"))
    rng = np.random.default_rng(0)
    network = model.network((4, 5), 3, init_rng=rng, dropout_rng=rng, dtype="float64")
    assert {name: tensor.shape for name, tensor in network.state().items()} == {
        "conv1.W": (4, 3),
        "dense1.W": (3 * 4 * 3, 3),
        "conv1.b": (3,),
        "dense1.b": (3,),
    }
    assert network.params.decayed == 12 + 108
    x, y, loss = rng.normal(size=(6, 20)), rng.integers(0, 3, 6), build("loss", "cross_entropy")
    logits = network.forward(x, train=True)
    dlogits = np.empty_like(logits)
    loss(logits, y, dlogits)
    network.params.grad.fill(np.nan)
    network.backward(dlogits)
    expected = numeric_grad(lambda: loss(network.forward(x, train=True), y), network.params.theta)
    np.testing.assert_allclose(network.params.grad, expected, rtol=1e-6, atol=1e-9)
    assert set(network.params.norms()) == {
        f"{kind}_norm/{layer}1" for kind in ("weight", "gradient") for layer in ("conv", "dense")
    }
    assert {layer: dW.shape for layer, dW in network.params.weight_gradients().items()} == {
        "conv1": (4, 3),
        "dense1": (36, 3),
    }


def of(*layers: tuple[str, Layer], init: Any = None) -> Network:
    return build_network(layers, init or Zeros(), np.random.default_rng(0), "float64")


def test_parameters_begin_where_they_are_declared_to() -> None:
    dense, norm = Dense(2, 3), BatchNorm(3)
    network = of(("dense1", dense), ("norm1", norm), init=build("init", "random"))
    assert (dense.W.value != 0).all()
    assert [network.params[f"norm1.{name}"].tolist() for name in ("gamma", "beta")] == [[1] * 3, [0] * 3]
    assert {name: tensor.tolist() for name, tensor in network.memory.items()} == {
        "norm1.mean": [0] * 3,
        "norm1.var": [1] * 3,
    }
    assert np.shares_memory(norm.gamma.grad, network.params.grad)
    assert network.params.theta[: network.params.decayed].tolist() == dense.W.value.ravel().tolist()


def test_two_parameters_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^two parameters have the name dense1\.W$"):
        of(("dense1", Dense(2, 3)), ("dense1", Dense(3, 3)))


def layers() -> list[Layer]:
    sigma = build("activation", "tanh")
    return [Dense(6, 6), Activate(sigma, bias=6), LayerNorm(6), BatchNorm(6), Dropout(0.3, np.random.default_rng(0))]


@pytest.mark.parametrize("index", range(5))
def test_a_network_takes_other_arrays_of_any_size_at_any_time(index: int) -> None:
    """Whatever came before, a step gives what a fresh network gives."""
    rng = np.random.default_rng(1)
    batches, gradients = ([rng.normal(size=(n, 6)) for n in (8, 8, 3, 20)] for _ in range(2))
    dlogits = {len(dy): dy.copy() for dy in gradients}  # the two of one size share theirs

    def network(layer: Layer) -> Network:
        return of(("dense0", Dense(6, 6)), ("layer", layer), init=build("init", "random"))

    def step(net: Network, i: int) -> list[Array]:
        layer = net.named_layers[1][1]
        if isinstance(layer, Dropout):
            layer.rng.bit_generator.state = np.random.default_rng(5).bit_generator.state
        logits, n = net.forward(batches[i], train=True).copy(), len(batches[i])
        dlogits[n][...] = gradients[i]
        net.backward(dlogits[n])
        return [logits, net.params.grad.copy()]

    used = network(layers()[index])
    for i in (0, 1, 0, 2, 0, 3, 0, 1, 2, 3):
        for found, expected in zip(step(used, i), step(network(layers()[index]), i), strict=True):
            np.testing.assert_array_equal(found, expected)
        for n in (3, 8, 30):  # an evaluation of fewer, as many and more examples than ever
            used.forward(np.ones((n, 6)), train=False)
        used.forward(batches[i], train=False)


def test_a_network_binds_once_for_the_same_arrays() -> None:
    """And again when one is another object, or evaluation follows training."""
    bound = []

    class Watched(Dense):
        def bind_forward(self, x: Array, train: bool) -> Pass:
            bound.append("train" if train else "evaluate")
            return super().bind_forward(x, train)

        def bind_backward(self, dy: Array) -> Pass:
            bound.append("backward")
            return super().bind_backward(dy)

    def calls(x: Array, dlogits: Array) -> list[str]:
        bound.clear()
        network.forward(x, train=True)
        network.backward(dlogits)
        return [*bound]

    network = of(("dense1", Watched(2, 3)))
    x, dlogits = np.ones((4, 2)), np.ones((4, 3))
    assert calls(x, dlogits) == ["train", "backward"]
    assert calls(x, dlogits) == []
    assert calls(x, dlogits.copy()) == ["backward"]
    assert calls(x.copy(), dlogits) == ["train", "backward"]
    network.forward(x)
    assert bound[-1] == "evaluate"
    assert calls(x, dlogits) == ["train", "backward"]


@pytest.mark.parametrize("index", range(5))
def test_a_network_is_freed_with_its_last_user(index: int) -> None:
    """Without waiting for the garbage collector, which does not see how large the arrays are."""
    network = of(("dense0", Dense(6, 6)), ("layer", layers()[index]))
    x = np.ones((4, 6))
    for train in (True, False, True):
        network.forward(x, train=train)
    network.backward(x.copy())
    freed = [weakref.ref(network), *(weakref.ref(layer) for _, layer in network.named_layers)]
    gc.disable()
    try:
        del network
        assert [reference() for reference in freed] == [None] * 3
    finally:
        gc.enable()
