"""Two engines, one rule: the same figures to float32 rounding, for every optimizer, activation, loss and norm."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from fmnist.engine.auto import Auto
from fmnist.engine.numba import Numba
from fmnist.engine.numpy import NumPy
from fmnist.errors import FmnistError
from fmnist.interfaces import Array, Engine
from fmnist.loss.base import BoundLoss
from fmnist.network.activate import Activate, activate
from fmnist.network.batch_norm import BatchNorm
from fmnist.network.builder import build_network
from fmnist.network.dropout import Dropout
from fmnist.network.layer import Layer
from fmnist.network.layer_norm import LayerNorm
from fmnist.network.parameters import Parameters
from layers import backward, forward
from options import ROOT, build, option_names

pytest.importorskip("numba", reason="pip install numba")
ENGINES: tuple[Engine, Engine] = (NumPy(), Numba())
ROUNDING = {"rtol": 2e-5, "atol": 2e-5}  # a few units in float32's last place, after a step that may add up many


def normal(*shape: int, seed: int = 0, dtype: str = "float32") -> Array:
    return np.random.default_rng(seed).normal(0, 2, shape).astype(dtype)


def agree(of: Callable[[Engine], list[Array]], dtype: str = "float32") -> None:
    tolerance = ROUNDING if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-13}
    by_numpy, by_numba = map(of, ENGINES)
    for expected, found in zip(by_numpy, by_numba, strict=True):
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(found, expected, **tolerance)


def alone(layer: Layer, dtype: str, engine: Engine) -> Parameters:
    """The parameters of a network of one layer."""
    return build_network([("layer", layer)], build("init", "zeros"), np.random.default_rng(0), dtype, engine).params


def of_activation(name: str, dtype: str) -> Callable[[Engine], list[Array]]:
    def results(engine: Engine) -> list[Array]:
        layer = Activate(build("activation", name), bias=53)
        params = alone(layer, dtype, engine)
        params["layer.b"][:], params.grad[:] = normal(53, seed=1, dtype=dtype), np.nan
        a = forward(layer, normal(37, 53, dtype=dtype))
        return [a, backward(layer, normal(37, 53, seed=2, dtype=dtype)), params.grad]

    return results


@pytest.mark.parametrize("name", option_names("activation"))
def test_activations_agree(name: str) -> None:
    agree(of_activation(name, "float32"))


def of_loss(name: str, dtype: str) -> Callable[[Engine], list[Array]]:
    def results(engine: Engine) -> list[Array]:
        judge = BoundLoss(build("loss", name), engine)
        z, y = normal(40, 10, dtype=dtype), np.random.default_rng(3).integers(0, 10, 40)
        z[0] = 1  # the first of equals is the prediction
        z[1] = 50 * np.arange(10)
        value, correct = judge(z, y)
        return [np.array(value), np.array(correct), judge.grad * 40]

    return results


@pytest.mark.parametrize("name", option_names("loss"))
def test_losses_agree(name: str) -> None:
    agree(of_loss(name, "float32"))


def of_optimizer(name: str, dtype: str, decoupled: bool) -> Callable[[Engine], list[Array]]:
    def results(engine: Engine) -> list[Array]:
        p = Parameters({"W": (91,)}, {"b": (20,)}, dtype)
        p.theta[:] = normal(111, dtype=dtype)
        optimizer = build("optimizer", name, weight_decay=0.1, decoupled=decoupled)
        optimizer.bind(p, engine)
        for step in range(8):
            p.grad[:] = normal(111, seed=step + 10, dtype=dtype)
            optimizer.step(0.5)
        return [p.theta, *(value for key, value in optimizer.state().items() if value.ndim)]

    return results


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("name", option_names("optimizer"))
def test_optimizers_agree(name: str, decoupled: bool) -> None:
    agree(of_optimizer(name, "float32", decoupled))


def of_norm(norm: type[BatchNorm] | type[LayerNorm], dtype: str) -> Callable[[Engine], list[Array]]:
    def results(engine: Engine) -> list[Array]:
        layer = norm(31)
        params = alone(layer, dtype, engine)
        params["layer.gamma"][:] = normal(31, seed=1, dtype=dtype)
        params["layer.beta"][:] = normal(31, seed=2, dtype=dtype)
        y = forward(layer, normal(20, 31, dtype=dtype) + 3)
        dx = backward(layer, normal(20, 31, seed=3, dtype=dtype))
        return [y, dx, params.grad, *(p.value for p in layer.parameters().values() if not p.trained)]

    return results


@pytest.mark.parametrize("norm", [BatchNorm, LayerNorm])
def test_norms_agree(norm: type[BatchNorm] | type[LayerNorm]) -> None:
    agree(of_norm(norm, "float32"))


def test_dropout_draws_the_same_masks() -> None:
    def results(engine: Engine) -> list[Array]:
        layer = Dropout(0.3, np.random.default_rng(0))
        alone(layer, "float32", engine)
        return [forward(layer, normal(40, 50)), backward(layer, normal(40, 50, seed=1))]

    agree(results)


def test_float64_agrees_to_its_own_precision() -> None:
    agree(of_activation("gelu", "float64"), "float64")
    agree(of_loss("cross_entropy", "float64"), "float64")
    agree(of_optimizer("nadam", "float64", decoupled=False), "float64")
    agree(of_norm(BatchNorm, "float64"), "float64")


# ---- exp, expm1, log1p and tanh for vectors


def exp(z: Array) -> Array:
    return np.exp(z)


def expm1(z: Array) -> Array:
    return np.expm1(z)


def log1p(z: Array) -> Array:
    return np.log1p(z)


def tanh_(z: Array) -> Array:
    return np.tanh(z)


RANGES = [
    (exp, (-110, 88.7)),
    (exp, (-1e-3, 1e-3)),
    (expm1, (-30, 30)),
    (expm1, (-1e-3, 1e-3)),
    (log1p, (0, 1)),
    (log1p, (-0.999, 1e6)),
    (log1p, (1e-9, 1e-3)),
    (tanh_, (-12, 12)),
    (tanh_, (-1e-3, 1e-3)),
]


def mapped(rule: Any, z: Array) -> Array:
    a = np.empty_like(z)
    Numba().bind(activate, rule, (), z.copy(), None, a)()
    return a


@pytest.mark.parametrize(("rule", "bounds"), RANGES)
def test_functions_for_vectors_are_right_to_a_few_units_in_the_last_place(
    rule: Callable[[Array], Array], bounds: tuple[float, float]
) -> None:
    z = np.linspace(*bounds, 40_000, dtype="float32").reshape(200, 200)
    exact = rule(z.astype("float64"))
    units = np.abs(mapped(rule, z) - exact) / np.spacing(np.abs(exact).astype("float32"))
    assert units.max() < 6


@pytest.mark.parametrize("rule", [exp, expm1, log1p, tanh_])
def test_what_is_not_a_number_stays_so(rule: Any) -> None:
    """A run that diverges must be noticed."""
    assert np.isnan(mapped(rule, np.array([[np.nan] * 40], "float32"))).all()
    assert np.isnan(mapped(build("activation", "relu").rule, np.array([[np.nan] * 40], "float32"))).all()


# ---- indices are integers, all other numbers are of the arrays' type


COEFFICIENTS = 0.5, -1.5, 2.0, 3.0


class Powers(NamedTuple):
    of_z: tuple[float, ...] = (1.0, 0.25)


POWERS = Powers()


def by_index(z: Array) -> Array:
    return COEFFICIENTS[1] * z + COEFFICIENTS[0] + 1  # 1 is an index, and a number


def from_the_end(z: Array) -> Array:
    return COEFFICIENTS[-1] * z


def of_a_local_tuple(z: Array) -> Array:
    c = ((0.5, 2.0), (3.0, 4.0))
    return c[1][0] * z


def of_a_field(z: Array) -> Array:
    return POWERS.of_z[1] * z


def by_slice(z: Array) -> Array:
    p = 0 * z
    for c in COEFFICIENTS[1:3]:
        p = p * z + c
    return p


def by_range(z: Array) -> Array:
    p = 0 * z
    for i in range(3):
        p = p * z + COEFFICIENTS[i]
    return p


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", [by_index, from_the_end, of_a_local_tuple, of_a_field, by_slice, by_range])
def test_a_rule_may_index_a_tuple(rule: Any, dtype: str) -> None:
    z = normal(5, 4, dtype=dtype)
    np.testing.assert_allclose(mapped(rule, z), rule(z), rtol=1e-5)


# ---- what cannot be compiled


TABLE = {"twice": 2}


def by_the_table(z: Array) -> Array:
    return z * TABLE["twice"]


@pytest.mark.falls_back
def test_a_rule_that_numba_cannot_compile_runs_in_numpy_and_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    z, a = normal(5, 4), np.empty((5, 4), "float32")
    for _ in range(2):
        Numba().bind(activate, by_the_table, (), z, None, a)()
    lines = capsys.readouterr().out.splitlines()
    np.testing.assert_array_equal(a, 2 * z)
    (line,) = [line for line in lines if "by_the_table" in line]
    assert line.startswith("engine=numba: NumPy runs activate of by_the_table, which cannot be compiled: ")


def with_a_dict(z: Array) -> Array:
    table = {"twice": 2.0}
    return z * table["twice"]


@pytest.mark.falls_back
def test_a_kernel_that_would_need_numbas_memory_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Another process would load it without Numba, and crash."""
    z, a = normal(5, 4), np.empty((5, 4), "float32")
    Numba().bind(activate, with_a_dict, (), z, None, a)()
    np.testing.assert_array_equal(a, 2 * z)
    assert "which cannot be compiled: it needs " in capsys.readouterr().out


def doubled(z: Array, a: Array) -> None:
    a[...] = 2 * z


@pytest.mark.falls_back
def test_a_plain_function_runs_in_numpy_and_says_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    z, a = normal(5, 4), np.empty((5, 4), "float32")
    for _ in range(2):
        Numba().bind(doubled, z, a)()
    np.testing.assert_array_equal(a, 2 * z)
    assert capsys.readouterr().out == "engine=numba: NumPy runs doubled, which has no compiled loop\n"


# ---- what is wrong, and no reason to fall back


def test_wrong_arguments_are_an_error_and_the_right_ones_are_compiled_afterwards() -> None:
    z, a, none = normal(5, 4), np.empty((5, 4), "float32"), np.empty(0, "int64")
    relu = build("activation", "relu").rule
    wrong = [
        ((relu, (), z, None), "missing 1 required positional argument"),
        ((relu, (), z[0], None, a[0]), "missing 1 required positional argument"),
        ((relu, (), z.T, None, a.T), "^activate: an array is not contiguous$"),
        ((relu, (), none, None, none), "^activate: there is no array of floats$"),
    ]
    engine = Numba()
    for arguments, message in wrong:
        with pytest.raises((TypeError, ValueError), match=message):
            engine.bind(activate, *arguments)
    engine.bind(activate, relu, (), z, None, a)()
    np.testing.assert_array_equal(a, np.maximum(z, 0))
    assert (engine.description, z.sum()) == ("numba", normal(5, 4).sum())


@pytest.mark.falls_back
def test_an_engine_says_what_it_left_to_numpy_and_another_one_does_not() -> None:
    z, a = normal(5, 4), np.empty((5, 4), "float32")
    for _ in range(2):  # the second engine hears of it from the process's memory, and says it of itself again
        engine = Numba()
        engine.bind(doubled, z, a)
        engine.bind(activate, by_the_table, (), z, None, a)
        assert engine.description == "numba, without activate, doubled"
    assert Numba().description == "numba"


def test_without_numba_auto_is_numpy_and_numba_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Auto().name == "numba"
    monkeypatch.setattr("fmnist.engine.numba.find_spec", lambda _: None)
    assert Auto().name == "numpy"
    with pytest.raises(
        FmnistError, match=r"^engine=numba: Numba is not installed: pip install numba, or engine=numpy$"
    ):
        Numba()


# ---- the cache of kernels


def test_a_second_process_loads_kernels_without_numba(tmp_path: Path) -> None:
    """And two that start at once compile once: the second waits for the first."""
    code = (
        "import sys, logging; logging.basicConfig(level=logging.INFO)\n"
        "import numpy as np; from options import build; from fmnist.engine.numba import Numba\n"
        "from fmnist.network.activate import activate\n"
        "z, a = np.full((3, 4), -1, 'float32'), np.empty((3, 4), 'float32')\n"
        "Numba().bind(activate, build('activation', 'leaky_relu').rule, (np.float32(0.5),), z, None, a)()\n"
        "print('numba' in sys.modules, a.sum())\n"
    )
    env = os.environ | {"FMNIST_CACHE": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}

    def start() -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    both = [process.communicate() for process in [start(), start()]]
    first, second = sorted((out for out, _ in both), key=len)
    assert first == "False -6.0\n", both
    assert second.startswith("compiling kernels"), both
    assert second.endswith("True -6.0\n"), both
    assert start().communicate() == ("False -6.0\n", "")
    assert len(list((tmp_path / "kernels").glob("*.o"))) == 1
