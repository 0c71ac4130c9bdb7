"""Networks: what they are made of, what training and evaluation differ in, and what is refused."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from fmnist.errors import CheckpointError, ConfigError
from fmnist.interfaces import Array
from fmnist.network.buffer import Buffer
from fmnist.network.dropout import Dropout
from fmnist.network.network import Network
from fmnist.network.parameters import Parameters
from layers import backward, forward
from options import build, option_names

NORMS = ["none", "batch", "layer"]


def network(inputs: int = 5, outputs: int = 3, model: str = "mlp", dtype: str = "float64", **changes: Any) -> Network:
    """A network with small hidden layers, Xavier's weights and tanh, unless told otherwise."""
    parts: dict[str, Any] = {"activation": build("activation", "tanh"), "init": build("init", "xavier")}
    if model == "mlp":
        changes = {"width": 4} | changes
    rngs = {"init_rng": np.random.default_rng(0), "dropout_rng": np.random.default_rng(1)}
    return build("model", model, **(parts | changes)).network((inputs,), outputs, dtype=dtype, **rngs)


def images(n: int = 8, d: int = 5, seed: int = 2) -> Array:
    return np.random.default_rng(seed).normal(1, 2, (n, d))


def shapes(net: Network) -> dict[str, tuple[int, ...]]:
    return {name: tensor.shape for name, tensor in net.params.views.items()}


# ---- parameters


def test_mlp_has_the_parameters_counted_by_hand() -> None:
    net = network(784, 10, width=256)
    assert list(shapes(net).items()) == [
        ("dense1.W", (784, 256)),
        ("dense2.W", (256, 256)),
        ("dense3.W", (256, 10)),
        ("dense1.b", (256,)),
        ("dense2.b", (256,)),
        ("dense3.b", (10,)),
    ]
    assert net.params.decayed == 200_704 + 65_536 + 2_560
    assert net.params.size == net.params.theta.size == net.params.grad.size == 268_800 + 256 + 256 + 10


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_a_norm_takes_the_place_of_the_bias(norm: str) -> None:
    net = network(norm=norm, width=[4, 6])
    assert list(shapes(net).items()) == [
        ("dense1.W", (5, 4)),
        ("dense2.W", (4, 6)),
        ("dense3.W", (6, 3)),
        ("norm1.gamma", (4,)),
        ("norm1.beta", (4,)),
        ("norm2.gamma", (6,)),
        ("norm2.beta", (6,)),
        ("dense3.b", (3,)),
    ]
    assert net.params.decayed == 20 + 24 + 18
    assert net.params["norm2.gamma"].tolist() == [1] * 6
    memory = ["norm1.mean", "norm1.var", "norm2.mean", "norm2.var"] if norm == "batch" else []
    assert list(net.memory) == memory
    assert list(net.state()) == [*shapes(net), *memory]


def test_linear_is_one_dense_layer_and_nothing_else() -> None:
    net, x = network(model="linear"), images()
    assert shapes(net) == {"dense1.W": (5, 3), "dense1.b": (3,)}
    net.params["dense1.b"][:] = 1, 2, 3
    expected = [[sum(row[i] * net.params["dense1.W"][i, j] for i in range(5)) + j + 1 for j in range(3)] for row in x]
    np.testing.assert_allclose(net.forward(x), expected, rtol=1e-12)
    np.testing.assert_array_equal(net.forward(x), network_like(net, layers=0).forward(x))


def network_like(net: Network, **changes: Any) -> Network:
    """Another network with the same tensors."""
    other = network(**changes)
    other.load({name: tensor.copy() for name, tensor in net.state().items()}, "here")
    return other


@pytest.mark.parametrize("width", [[6, 5, 4], 4])
def test_width_is_a_number_or_a_list(width: int | list[int]) -> None:
    net = network(layers=3, width=width)
    sizes = [5, *(width if isinstance(width, list) else [4, 4, 4]), 3]
    assert [shapes(net)[f"dense{i}.W"] for i in (1, 2, 3, 4)] == [(sizes[i], sizes[i + 1]) for i in range(4)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", option_names("model"))
def test_every_model_starts_at_its_init_with_biases_of_zero(name: str, dtype: str) -> None:
    net = network(model=name, dtype=dtype)
    p = net.params
    assert {p.theta.dtype, p.grad.dtype, net.forward(images().astype(dtype)).dtype} == {np.dtype(dtype)}
    assert (p.theta[: p.decayed] != 0).all()
    assert set(p.theta[p.decayed :]) <= {0, 1}
    assert net.forward(images().astype(dtype)).shape == (8, 3)
    np.testing.assert_array_equal(p.theta, network(model=name, dtype=dtype).params.theta)


def test_views_share_the_memory_of_the_flat_vectors() -> None:
    p = Parameters({"W": (2, 3)}, {"b": (3,)}, "float32")
    p.theta[:] = range(9)
    assert p["W"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert p["b"].tolist() == [6, 7, 8]
    p.grads["b"][...] = 7
    assert p.grad.tolist() == [0, 0, 0, 0, 0, 0, 7, 7, 7]
    assert (p.decayed, p.size) == (6, 9)


# ---- training and evaluation


def test_batch_norm_learns_running_statistics_as_pytorch_does() -> None:
    net, x = network(norm="batch", layers=1), images()
    z = x @ net.params["dense1.W"]
    net.forward(x, train=True)  # r ← 0.9 r + 0.1 s from mean 0 and variance 1; s² has n − 1
    mean, var = 0.1 * z.mean(axis=0), 0.9 + 0.1 * z.var(axis=0, ddof=1)
    np.testing.assert_allclose(net.memory["norm1.mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(net.memory["norm1.var"], var, rtol=1e-12)

    net.params["norm1.gamma"][:], net.params["norm1.beta"][:] = 2, 0.5
    expected = np.tanh(2 * (z - mean) / np.sqrt(var + 1e-5) + 0.5) @ net.params["dense2.W"]
    np.testing.assert_allclose(net.forward(x), expected, rtol=1e-12)
    np.testing.assert_allclose(net.memory["norm1.mean"], mean, rtol=1e-12)  # evaluation learns nothing
    np.testing.assert_allclose(net.memory["norm1.var"], var, rtol=1e-12)


def test_batch_norm_in_training_uses_the_batch_itself() -> None:
    net, x = network(norm="batch", layers=1), images()
    z = x @ net.params["dense1.W"]
    expected = np.tanh((z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)) @ net.params["dense2.W"]
    np.testing.assert_allclose(net.forward(x, train=True), expected, rtol=1e-12)


def test_layer_norm_looks_at_one_example_at_a_time() -> None:
    net, x = network(norm="layer", layers=1), images()
    z = x @ net.params["dense1.W"]
    scaled = [(row - row.mean()) / np.sqrt(row.var() + 1e-5) for row in z]
    expected = np.tanh(scaled) @ net.params["dense2.W"]
    np.testing.assert_allclose(net.forward(x), expected, rtol=1e-12)
    np.testing.assert_array_equal(net.forward(x, train=True), net.forward(x))


def test_a_batch_of_one_gives_finite_statistics() -> None:
    net = network(norm="batch")
    net.forward(images(1), train=True)
    assert all(np.isfinite(tensor).all() for tensor in net.memory.values())


@pytest.mark.parametrize("key", ["dropout", "input_dropout"])
def test_dropout_is_for_training_only(key: str) -> None:
    changes: dict[str, Any] = {key: 0.5}
    net, x = network(**changes), images()
    plain = network_like(net).forward(x)
    np.testing.assert_array_equal(net.forward(x), plain)
    first = net.forward(x, train=True).copy()
    assert (first != plain).any()
    assert (first != net.forward(x, train=True)).any()  # every batch has a mask of its own


def test_linear_drops_inputs_in_training_only() -> None:
    net, x = network(model="linear", input_dropout=0.5), images()
    plain = net.forward(x).copy()
    assert (net.forward(x, train=True) != plain).any()
    np.testing.assert_array_equal(net.forward(x), plain)


def test_dropout_keeps_the_mean_and_drops_the_share_it_should() -> None:
    layer = Dropout(0.3, np.random.default_rng(0))
    y = forward(layer, np.ones((2000, 100)))
    assert np.unique(y).tolist() == [0, pytest.approx(1 / 0.7)]
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)  # 200,000 draws: one standard deviation is 0.001
    assert y.mean() == pytest.approx(1, abs=0.007)


def test_dropout_passes_the_gradient_where_it_passed_the_input() -> None:
    layer = Dropout(0.3, np.random.default_rng(0))
    y = forward(layer, np.ones((20, 50)))
    np.testing.assert_array_equal(backward(layer, np.ones((20, 50))), y)


def test_dropout_draws_the_same_masks_in_either_precision() -> None:
    x = np.ones((40, 30))
    masks = [forward(Dropout(0.4, np.random.default_rng(5)), x.astype(dtype)) == 0 for dtype in ("float32", "float64")]
    np.testing.assert_array_equal(*masks)
    assert 0 < masks[0].mean() < 1


# ---- memory


def train(net: Network, x: Array) -> Array:
    """One forward and backward pass of ½ |logits|²; the gradient."""
    net.backward(net.forward(x, train=True).copy())
    return net.params.grad.copy()


@pytest.mark.parametrize("norm", NORMS)
def test_every_step_writes_to_the_same_memory(norm: str) -> None:
    net = network(norm=norm, dropout=0.2, input_dropout=0.2)
    dlogits = np.empty((8, 3))
    steps = []  # holds on to every result: an address that is freed could come back by chance
    for seed in range(4):
        dlogits[...] = net.forward(images(seed=seed), train=True)
        net.backward(dlogits)
        steps.append([*net.outputs.values(), net.logits])
    addresses = [[result.__array_interface__["data"][0] for result in results] for results in steps]
    assert addresses[1:] == addresses[:-1]


def test_memory_is_kept_for_the_next_whole_batch() -> None:
    buffer = Buffer()
    whole = buffer.rows(8, 3, "float64")
    whole[...] = 7
    buffer.rows(2, 3, "float64")[...] = 1
    again = buffer.rows(8, 3, "float64")
    assert again.tolist() == [[1] * 3] * 2 + [[7] * 3] * 6
    assert np.shares_memory(again, whole)
    assert buffer.rows(8, 3, "float64") is again
    assert buffer.rows(9, 3, "float64").shape == (9, 3)


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_a_step_of_relu_layers_allocates_no_matrix(norm: str) -> None:
    net, x = network(norm=norm, width=256, activation=build("activation", "relu")), images(512)
    dlogits = np.empty((512, 3))
    peaks = []
    tracemalloc.start()
    try:
        for _ in range(2):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            dlogits[...] = net.forward(x, train=True)
            net.backward(dlogits)
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    one_matrix = 512 * 256 * 8
    assert peaks[0] > one_matrix > 4 * peaks[1]  # only the first step allocates


@pytest.mark.parametrize("norm", NORMS)
def test_a_smaller_last_batch_is_as_good_as_a_network_of_its_own(norm: str) -> None:
    net, small = network(norm=norm), images(3, seed=9)
    fresh = network_like(net, norm=norm)
    expected, expected_logits = train(fresh, small), fresh.forward(small, train=True)
    train(net, images(8))
    np.testing.assert_allclose(train(net, small), expected, rtol=1e-14)
    np.testing.assert_allclose(net.forward(small, train=True), expected_logits, rtol=1e-14)
    train(net, images(8))  # and back to whole batches
    large = images(20, seed=4)  # more than ever before
    np.testing.assert_allclose(train(net, large), train(network_like(net, norm=norm), large), rtol=1e-14)


@pytest.mark.parametrize("norm", NORMS)
def test_forward_and_backward_leave_the_inputs_and_parameters_alone(norm: str) -> None:
    net, x = network(norm=norm, dropout=0.2), images()
    before, theta = x.copy(), net.params.theta.copy()
    train(net, x)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(net.params.theta, theta)


# ---- checkpoints


def test_load_takes_over_every_tensor() -> None:
    net = network(norm="batch")
    train(net, images())
    other = network_like(net, norm="batch")
    assert other.memory["norm1.mean"].any()
    np.testing.assert_array_equal(other.params.theta, net.params.theta)
    np.testing.assert_array_equal(other.forward(images()), net.forward(images()))


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"width": 6}, r"dense1\.W is \(5, 6\) there, \(5, 4\) in this network"),
        ({"layers": 3}, r"dense3\.W is \(4, 4\) there, \(4, 3\) in this network"),
        ({"norm": "layer"}, r"dense1\.b is absent there, \(4,\) in this network"),
        ({"outputs": 7}, r"dense3\.W is \(4, 7\) there, \(4, 3\) in this network"),
    ],
)
def test_load_refuses_another_architecture_and_changes_nothing(changes: dict[str, Any], culprit: str) -> None:
    net = network()
    before = net.params.theta.copy()
    foreign = {name: np.full_like(tensor, 7) for name, tensor in network(**changes).state().items()}
    with pytest.raises(CheckpointError, match=rf"^runs/7/best\.npz .*: {culprit}$"):
        net.load(foreign, "runs/7/best.npz")
    np.testing.assert_array_equal(net.params.theta, before)


# ---- refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": -1}, "model.layers=-1: "),
        ({"layers": 1.5}, "model.layers=1.5: "),
        ({"width": 0}, "model.width=0: "),
        ({"width": [4, 0]}, r"model.width=\[4,0\]: "),
        ({"width": [4, 5, 6]}, r"model.width=\[4,5,6\]: .*layers=2"),
        ({"width": "wide"}, "model.width=wide: "),
        ({"width": True}, "model.width=true: "),
        ({"norm": "bach"}, r"model.norm=bach: .*did you mean batch\?"),
        ({"norm": None}, "model.norm=null: .*none, batch, layer"),
        ({"dropout": 1}, "model.dropout=1: "),
        ({"dropout": -0.1}, "model.dropout=-0.1: "),
        ({"input_dropout": 1}, "model.input_dropout=1: "),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        network(**changes)


def test_linear_refuses_to_drop_every_input() -> None:
    with pytest.raises(ConfigError, match=r"^model\.input_dropout=1: "):
        network(model="linear", input_dropout=1)
