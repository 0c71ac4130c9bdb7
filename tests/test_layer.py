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

        def run() -> None:
            y.reshape(-1, *self.out)[...] = self.patches(x) @ self.W.value + self.b.value

        return run, y

    def bind_backward(self, dy: Array) -> Pass:
        assert not self.needs_input_grad

        def run() -> None:
            dz, x = dy.reshape(-1, *self.out), self.x
            assert x is not None
            self.W.grad[...] = np.einsum("nijp,nijc->pc", self.patches(x), dz)
            self.b.grad[...] = dz.sum(axis=(0, 1, 2))

        return run, dy


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
def test_a_layer_takes_other_arrays_of_any_size_at_any_time(index: int) -> None:
    """Whatever came before, a pass gives what a fresh layer gives."""
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(n, 6)) for n in (8, 8, 3, 20)]
    gradients = [rng.normal(size=a.shape) for a in arrays]

    def used(layer: Layer) -> Network:
        network = of(("first", Dense(1, 1)), ("layer", layer), init=build("init", "random"))
        assert layer.needs_input_grad
        return network

    def passed(layer: Layer, network: Network, i: int) -> list[Array]:
        """Of copies in the same arrays, as layers may write into what they get."""
        if isinstance(layer, Dropout):
            layer.rng.bit_generator.state = np.random.default_rng(5).bit_generator.state
        n = len(arrays[i])
        x[i][...], dy[n][...] = arrays[i], gradients[i]
        y = layer.forward(x[i], train=True).copy()
        return [y, layer.backward(dy[n]).copy(), network.params.grad.copy()]

    x = [np.empty_like(a) for a in arrays]
    dy = {len(a): np.empty_like(a) for a in arrays}  # the two of one size share theirs
    layer = layers()[index]
    network = used(layer)
    for i in (0, 1, 0, 2, 0, 3, 0, 1, 2, 3):
        fresh = layers()[index]
        for found, expected in zip(passed(layer, network, i), passed(fresh, used(fresh), i), strict=True):
            np.testing.assert_array_equal(found, expected)
        for n in (3, 8, 30):  # an evaluation of fewer, as many and more examples than ever
            layer.forward(np.ones((n, 6)), train=False)


def test_a_layer_binds_once_for_the_same_arrays() -> None:
    """And again when one is another object, or evaluation follows training."""
    dense = Dense(2, 3)
    of(("dense1", dense))
    bound: list[str] = []
    forward, backward = dense.bind_forward, dense.bind_backward
    dense.bind_forward = lambda x, train: bound.append("forward") or forward(x, train)  # type: ignore[method-assign, func-returns-value]
    dense.bind_backward = lambda dy: bound.append("backward") or backward(dy)  # type: ignore[method-assign, func-returns-value]
    x, dy = np.ones((4, 2)), np.ones((4, 3))
    for _ in range(3):
        dense.forward(x, train=True)
        dense.backward(dy)
    assert bound == ["forward", "backward"]
    dense.backward(dy.copy())
    assert bound == ["forward", "backward", "backward"]
    dense.forward(x.copy(), train=True)
    dense.backward(dy)
    assert bound == ["forward", "backward", "backward", "forward", "backward"]


@pytest.mark.parametrize("index", range(5))
def test_a_layer_is_freed_with_its_last_user(index: int) -> None:
    """Without waiting for the garbage collector, which does not see how large its arrays are."""
    layer = layers()[index]
    of(("dense0", Dense(1, 1)), ("layer", layer))
    for train in (True, False):
        layer.forward(np.ones((4, 6)), train=train)
    layer.forward(np.ones((4, 6)), train=True)
    layer.backward(np.ones((4, 6)))
    freed = weakref.ref(layer)
    gc.disable()
    try:
        del layer
        assert freed() is None
    finally:
        gc.enable()
