"""A step of an optimizer: weight decay and the rule, applied to all of θ.

In NumPy that goes by chunks of the flat vectors that are small enough for the processor's cache, where the rule's
temporaries are cheap.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from fmnist.engine.operation import operation
from fmnist.engine.update import update_loop
from fmnist.interfaces import Array

CHUNK = 8192  # elements; smaller chunks cost more calls, larger ones do not fit into the cache


@operation(update_loop, written=True)
def update(
    rule: Callable[..., tuple[Array, ...]],
    scalars: Callable[..., Any],
    h: Array,
    decay: Array,
    bounds: Array,
    theta: Array,
    g: Array,
    *state: Array,
) -> None:
    """θ, *state ← rule(keep θ, g + pull θ, *state) for the weights θ[: bounds[0]]; without decay for the rest.

    (keep, pull) = `decay`: (1 − ηλ, 0) where decay is decoupled, (1, λ) where it is in the gradient.
    """
    c = scalars(*h)
    keep, pull = decay
    for start, end in chunks(*bounds.tolist()):
        vectors = [vector[start:end] for vector in (theta, *state)]
        old, slope = vectors[0], g[start:end]
        if end <= bounds[0]:
            if keep != 1:
                old *= keep
            if pull:
                slope = slope + pull * old
        for vector, new in zip(vectors, rule(old, slope, *vectors[1:], c), strict=True):
            vector[...] = new


@cache
def chunks(*bounds: int) -> list[tuple[int, int]]:
    """Divide [0, last bound) into pieces of at most CHUNK elements, none of which crosses a bound."""
    pieces: list[tuple[int, int]] = []
    start = 0
    for bound in bounds:
        pieces += [(i, min(i + CHUNK, bound)) for i in range(start, bound, CHUNK)]
        start = bound
    return pieces
