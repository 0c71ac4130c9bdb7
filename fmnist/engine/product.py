"""Matrix products, tile by tile.

BLAS is made for large matrices: it copies both factors into an order of its own before it begins. Those of a training
step are too small for the copies to pay; here the first tile of a panel is computed from the matrix as it lies, and
leaves the panel behind for those that follow. A tile has as many sums as the processor's vector registers hold, and
keeps them there from the first term to the last, which has no words in Python: llvm/tile.py has it.
"""

from typing import Any


def tile_rows(c: Any) -> Any:
    """How many rows of C a tile holds; the compiled form knows the processor."""
    return 8


def tile_columns(c: Any) -> Any:
    """How many columns of C a tile holds."""
    return 32


def tile(a: Any, i: Any, b: Any, bj: Any, c: Any, cj: Any) -> None:
    """C[i:, cj:] ← A[i:] B[:, bj:], as far as a tile reaches."""
    n = min(tile_columns(c), c.shape[1] - cj)
    rows = slice(i, i + tile_rows(c))
    c[rows, cj : cj + n] = a[rows] @ b[:, bj : bj + n]


def first_tile(a: Any, b: Any, j: Any, c: Any, panel: Any) -> None:
    """The tile C[0:, j:], and panel ← B[:, j:]."""
    n = min(tile_columns(c), c.shape[1] - j)
    panel[:, :n] = b[:, j : j + n]
    tile(a, 0, b, j, c, j)


def transpose(b: Any, j: Any, panel: Any) -> None:
    """panel ← B[j:]ᵀ, as many rows of B as a tile has columns."""
    n = min(tile_columns(b), b.shape[0] - j)
    panel[:, :n] = b[j : j + n].T


def multiply(a: Any, b: Any, c: Any, scratch: Any) -> None:
    """C ← A B."""
    rows, columns, panel = tile_rows(c), tile_columns(c), scratch[: b.shape[0]]
    for j in range(0, c.shape[1], columns):
        first_tile(a, b, j, c, panel)
        for i in range(rows, c.shape[0], rows):
            tile(a, i, panel, 0, c, j)


def multiply_transposed(a: Any, b: Any, c: Any, scratch: Any) -> None:
    """C ← A Bᵀ."""
    rows, columns, panel = tile_rows(c), tile_columns(c), scratch[: b.shape[1]]
    for j in range(0, c.shape[1], columns):
        transpose(b, j, panel)
        for i in range(0, c.shape[0], rows):
            tile(a, i, panel, 0, c, j)


def forward_product(x: Any, W: Any, z: Any, scratch: Any) -> None:
    multiply(x, W, z, scratch)


def weight_gradient(x: Any, dz: Any, dW: Any, scratch: Any) -> None:
    multiply(x.T, dz, dW, scratch)


def input_gradient(dz: Any, W: Any, dx: Any, scratch: Any) -> None:
    """∂x = ∂z Wᵀ transposes W, ∂xᵀ = W ∂zᵀ the other two: what is less work."""
    if W.size < dz.size + dx.size:
        multiply_transposed(dz, W, dx, scratch)
    else:
        multiply_transposed(W, dz, dx.T, scratch)
