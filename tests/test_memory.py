"""The estimate of a training's memory, and images that are shifted further than they are large."""

from pathlib import Path

import numpy as np
import psutil
import pytest

from fmnist.augment.shift import Shift
from fmnist.engine.machine import memory_size
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


UNLIMITED = "9223372036854771712\n"  # as version 1 says it


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("", {}, None),  # no Linux
        ("0::/\n", {"memory.max": "max\n"}, None),
        ("0::/\n", {"memory.max": "300000\n"}, 300000),  # a container: the root is its own group
        ("0::/a/job\n", {"a/job/memory.max": "500000\n", "a/memory.max": "400000\n", "memory.max": "max\n"}, 400000),
        ("0::/a\n", {"b/memory.max": "100000\n"}, None),  # others' groups
        ("4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "200000\n"}, 200000),
        ("4:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": UNLIMITED}, None),
        ("4:memory:/docker/x\n", {"memory/memory.limit_in_bytes": "250000\n"}, 250000),  # seen from the container
        (
            "4:memory:/a\n0::/b\n",
            {"unified/b/memory.max": "150000\n", "memory/a/memory.limit_in_bytes": UNLIMITED},
            150000,
        ),
        ("nonsense\n", {"memory.max": "nonsense\n"}, None),
    ],
)
def test_the_limits_of_containers_count(own: str, limits: dict[str, str], expected: int | None, tmp_path: Path) -> None:
    (tmp_path / "own").write_text(own)
    for name, text in limits.items():
        file = tmp_path / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    machine = psutil.virtual_memory().total
    assert memory_size(tmp_path / "cgroup", tmp_path / "own") == (expected or machine)
    assert memory_size(tmp_path / "cgroup", tmp_path / "missing") <= machine


def test_a_shift_beyond_the_image_needs_no_more_memory_and_leaves_black() -> None:
    images = np.full((50, 4, 4), 7, np.uint8)
    Shift(pixels=2**31 - 1)(images, np.random.default_rng(0))
    assert not images.any()
