"""Drawing examples at random, class by class or from the whole: pure functions of a generator."""

import numpy as np

from fmnist.interfaces import Array, Rng


def shares(counts: Array, n: int) -> Array:
    """How many of n go to each class: nᵢ ≈ n · countsᵢ / Σ counts, with Σ nᵢ = n exactly.

    Largest remainder (Hamilton's method): everyone gets the quota rounded down, and those who lost most by it get
    one more. In whole numbers, so that no rounding error of a float decides.
    """
    whole, remainder = np.divmod(n * counts, counts.sum())
    order = np.argsort(-remainder, kind="stable")  # stable: among equals, the lower class
    whole[order[: n - whole.sum()]] += 1
    return whole


def draw(rows: Array, y: Array, n: int, rng: Rng, stratify: bool) -> tuple[Array, Array]:
    """(n of the rows, the others), both in ascending order; y holds the labels of all examples, `y[rows]` ours."""
    rows = rng.permutation(rows)
    if not stratify:
        return np.sort(rows[:n]), np.sort(rows[n:])
    rows = rows[np.argsort(y[rows], kind="stable")]  # class by class, still at random within one
    counts = np.bincount(y[rows])
    rank = np.arange(len(rows)) - np.repeat(counts.cumsum() - counts, counts)  # 0, 1, 2 … within each class
    drawn = rank < np.repeat(shares(counts, n), counts)
    return np.sort(rows[drawn]), np.sort(rows[~drawn])
