"""Draw examples at random, stratified by class or not."""

import numpy as np

from fmnist.interfaces import Array, Rng


def shares(counts: Array, n: int) -> Array:
    """How many of n go to each class: nᵢ ≈ n · countsᵢ / Σ counts, with Σ nᵢ = n exactly.

    Largest remainder (Hamilton's method): each class gets its quota rounded down, and those with the largest
    remainders get one more. Computed in integers, so that no rounding error decides.
    """
    whole, remainder = np.divmod(n * counts, counts.sum())
    order = np.argsort(-remainder, kind="stable")  # stable: of equal remainders the lower class first
    whole[order[: n - whole.sum()]] += 1
    return whole


def draw(rows: Array, y: Array, n: int, rng: Rng, stratify: bool) -> tuple[Array, Array]:
    """(n of the rows, the others), both in ascending order; y: the labels of all examples, not of the rows alone."""
    rows = rng.permutation(rows)
    if not stratify:
        return np.sort(rows[:n]), np.sort(rows[n:])
    rows = rows[np.argsort(y[rows], kind="stable")]  # sorted by class, in random order within a class
    counts = np.bincount(y[rows])
    rank = np.arange(len(rows)) - np.repeat(counts.cumsum() - counts, counts)  # 0, 1, 2 … within each class
    drawn = rank < np.repeat(shares(counts, n), counts)
    return np.sort(rows[drawn]), np.sort(rows[~drawn])
