"""Backpropagation through the whole network, for every activation × loss × norm, against finite differences."""

from itertools import count
from typing import Any

import numpy as np
import pytest

from fmnist.interfaces import Array
from fmnist.network.activate import Activate
from gradients import numeric_grad
from options import build, option_names

INPUTS, WIDTHS, CLASSES, BATCH = 7, [6, 5], 4, 5
NORMS = ["none", "batch", "layer"]


class Held:
    """A network whose dropout draws the same mask in every forward pass."""

    def __init__(self, seed: int, activation: str, norm: str, dropout: float, dtype: str = "float64") -> None:
        rng = np.random.default_rng(seed)
        parts: dict[str, Any] = {"activation": build("activation", activation), "init": build("init", "zeros")}
        model = build(
            "model", "mlp", layers=2, width=WIDTHS, norm=norm, dropout=dropout, input_dropout=dropout, **parts
        )
        self.mask = np.random.default_rng(seed)
        self.start = self.mask.bit_generator.state
        self.network = model.network((INPUTS,), CLASSES, init_rng=rng, dropout_rng=self.mask, dtype=dtype)
        self.network.params.theta += rng.normal(0, 0.7, self.network.params.size)  # no bias is 0, no γ is 1
        self.x = rng.normal(size=(BATCH, INPUTS)).astype(dtype)
        self.y = rng.integers(0, CLASSES, BATCH)

    def logits(self) -> Array:
        self.mask.bit_generator.state = self.start
        return self.network.forward(self.x, train=True)

    def gradient(self, loss: Any) -> Array:
        logits = self.logits()
        dlogits = np.empty_like(logits)
        loss(logits, self.y, dlogits)
        self.network.params.grad.fill(np.nan)  # every entry must be written
        self.network.backward(dlogits)
        return self.network.params.grad

    def near_a_kink(self) -> bool:
        """A finite difference across a kink of σ, at 0 if anywhere, is no derivative."""
        self.logits()
        *hidden, _ = [layer for _, layer in self.network.named_layers if isinstance(layer, Activate)]
        return min(np.abs(layer.z).min() for layer in hidden) < 1e-3


def clear_of_kinks(activation: str, norm: str, dropout: float) -> Held:
    held = (Held(seed, activation, norm, dropout) for seed in count())
    return next(h for h in held if not h.near_a_kink())


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("loss_name", option_names("loss"))
@pytest.mark.parametrize("activation", option_names("activation"))
def test_gradient_is_that_of_finite_differences(activation: str, loss_name: str, norm: str, dropout: float) -> None:
    held, loss = clear_of_kinks(activation, norm, dropout), build("loss", loss_name)
    gradient = held.gradient(loss).copy()
    expected = numeric_grad(lambda: loss(held.logits(), held.y), held.network.params.theta)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("norm", NORMS)
def test_float32_gives_the_same_gradient_to_its_precision(norm: str, dropout: float) -> None:
    loss = build("loss", "cross_entropy")
    single, double = (Held(4, "swish", norm, dropout, dtype).gradient(loss) for dtype in ("float32", "float64"))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("model", option_names("model"))
def test_every_model_learns_its_batch_by_heart(model: str) -> None:
    """What any new model owes: gradients that lead downhill."""
    parts: dict[str, Any] = {"activation": build("activation", "tanh"), "init": build("init", "xavier")}
    rng = np.random.default_rng(0)
    network = build("model", model, **parts).network((5, 6), 3, init_rng=rng, dropout_rng=rng, dtype="float64")
    x, y, loss = rng.normal(size=(12, 30)), rng.integers(0, 3, 12), build("loss", "cross_entropy")
    values = []
    for _ in range(100):
        logits = network.forward(x, train=True)
        dlogits = np.empty_like(logits)
        values.append(loss(logits, y, dlogits))
        network.backward(dlogits)
        network.params.theta -= 0.3 * network.params.grad
    assert values[-1] < 0.1 * values[0]
