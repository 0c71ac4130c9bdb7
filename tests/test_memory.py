"""The estimate of a training's memory, and images that are shifted further than they are large."""

import numpy as np

from fmnist.augment.shift import Shift
from fmnist.training.memory import estimate_memory
from options import build


def test_the_estimate_counts_parameters_state_outputs_and_the_largest_draw() -> None:
    activation, init = build("activation", "relu"), build("init", "he")
    model = build("model", "mlp", layers=1, width=16, activation=activation, init=init)
    layers = [layer for _, layer in model.named_layers((8, 8), 10, np.random.default_rng(0))]
    parameters = 64 * 16 + 16 + 16 * 10 + 10
    outputs = 64 + 2 * (16 + 16 + 10 + 10)
    adam = 4 * (4 * parameters + 50 * outputs) + 8 * 64 * 16  # θ, ∇θ, m, v
    sgd = 8 * (2 * parameters + 50 * outputs) + 8 * 64 * 16
    assert estimate_memory(layers, 64, 50, build("optimizer", "adam"), "float32") == adam
    assert estimate_memory(layers, 64, 50, build("optimizer", "sgd"), "float64") == sgd


def test_a_shift_beyond_the_image_needs_no_more_memory_and_leaves_black() -> None:
    images = np.full((50, 4, 4), 7, np.uint8)
    Shift(pixels=2**31 - 1)(images, np.random.default_rng(0))
    assert not images.any()
