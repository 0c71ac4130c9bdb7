"""The engine's matrix products against NumPy's, at the edges of tiles, for every size of register."""

import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from fmnist.engine import product
from fmnist.engine.numba import Numba, scratch
from fmnist.interfaces import Array
from fmnist.network.dense import forward_product, input_gradient, weight_gradient
from options import ROOT

pytest.importorskip("numba", reason="pip install numba")

# batch, inputs, outputs: whole tiles, one more and one less, less than a tile, a single number, long sums
SHAPES = [(32, 64, 64), (9, 33, 65), (7, 31, 63), (8, 16, 15), (1, 1, 1), (3, 2, 10), (24, 784, 10), (64, 40, 17)]
GUARD = 40  # numbers before and behind every matrix


def guarded(shape: tuple[int, ...], guard: float, rng: np.random.Generator, dtype: str) -> Array:
    """A matrix between numbers that must not be read, or not be written."""
    size = int(np.prod(shape))
    memory = np.full(size + 2 * GUARD, guard, dtype)
    matrix = memory[GUARD : GUARD + size].reshape(shape)
    matrix[...] = rng.normal(size=shape)
    return matrix


def untouched(matrix: Array, guard: float) -> bool:
    whole = matrix.base
    assert whole is not None
    return bool((whole[:GUARD] == guard).all() and (whole[-GUARD:] == guard).all())


def results(engine: Numba, batch: int, inputs: int, outputs: int, dtype: str) -> Iterator[tuple[Array, Array]]:
    """What each product should be, in float64, and what the engine made of it."""
    rng = np.random.default_rng(0)
    x, W, dz = (guarded(shape, np.nan, rng, dtype) for shape in ((batch, inputs), (inputs, outputs), (batch, outputs)))
    wide = [matrix.astype("float64") for matrix in (x, W, dz)]
    for operation, factors, exact in (
        (forward_product, (x, W), wide[0] @ wide[1]),
        (weight_gradient, (x, dz), wide[0].T @ wide[2]),
        (input_gradient, (dz, W), wide[2] @ wide[1].T),
    ):
        found = guarded(exact.shape, 7.0, rng, dtype)
        found[...] = np.nan
        engine.bind(operation, *factors, found)()
        assert untouched(found, 7.0), operation
        yield exact, found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_products_are_right_and_stay_within_their_matrix(shape: tuple[int, int, int], dtype: str) -> None:
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    for exact, found in results(Numba(), *shape, dtype):
        np.testing.assert_allclose(found, exact, rtol=tolerance, atol=tolerance * np.sqrt(shape[1]))


@pytest.mark.parametrize(
    ("registers", "dtype"),
    [
        ("4, 2, 32", "float32"),
        pytest.param("4, 4, 16", "float32", marks=pytest.mark.slow),
        pytest.param("4, 2, 16", "float64", marks=pytest.mark.slow),
    ],
)
def test_other_processors_have_other_tiles(registers: str, dtype: str, tmp_path: object) -> None:
    """AVX, ARM and SSE: the code that is written for them, run here."""
    code = (
        "import fmnist.engine.llvm.registers as r\n"
        f"r.detect_registers = lambda: r.Registers({registers})\n"
        "import numpy as np; from test_product import SHAPES, Numba, results\n"
        "for shape in SHAPES:\n"
        f"    for exact, found in results(Numba(), *shape, '{dtype}'):\n"
        "        np.testing.assert_allclose(found, exact, rtol=1e-5, atol=3e-4)\n"
        "from fmnist.engine.numba import SCRATCH\n"
        "print(*(scratch.shape[1] for scratch in SCRATCH.values()))\n"
    )
    env = os.environ | {"FMNIST_CACHE": str(tmp_path), "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    _, vectors, width = map(int, registers.split(","))
    assert (done.stdout.splitlines() or [done.stderr])[-1] == str(vectors * width // np.dtype(dtype).itemsize), (
        done.stderr
    )


@pytest.mark.parametrize("shape", [(9, 33, 65), (3, 2, 10), (64, 8, 17)])
def test_the_loops_mean_the_same_in_python(shape: tuple[int, int, int]) -> None:
    """They are read there; what is compiled is made from them."""
    batch, inputs, outputs = shape
    rng = np.random.default_rng(1)
    x, W, dz = rng.normal(size=(batch, inputs)), rng.normal(size=(inputs, outputs)), rng.normal(size=(batch, outputs))
    z, dW, dx, panel = np.empty_like(dz), np.empty_like(W), np.empty_like(x), np.empty((max(shape), 32))
    product.forward_product(x, W, z, panel)
    product.weight_gradient(x, dz, dW, panel)
    product.input_gradient(dz, W, dx, panel)
    for found, exact in ((z, x @ W), (dW, x.T @ dz), (dx, dz @ W.T)):
        np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-12)


def test_more_threads_leave_large_products_to_blas() -> None:
    def matrices(n: int) -> list[Array]:
        return [np.zeros(shape, "float32") for shape in ((n, 200), (200, 300), (n, 300))]

    small, large = matrices(32), matrices(128)

    def is_blas(matrices: list[Array]) -> bool:
        return getattr(Numba().bind(forward_product, *matrices), "func", None) is forward_product.function

    with threadpool_limits(1, user_api="blas"):
        assert not is_blas(large)
    with threadpool_limits(2, user_api="blas"):
        assert is_blas(large)
        assert not is_blas(small)


def test_all_products_share_their_scratch() -> None:
    first = scratch((np.zeros((5, 6), "float32"),))
    assert scratch((np.zeros((6, 4), "float32"),)) is first
    assert first.ctypes.data % 64 == 0
