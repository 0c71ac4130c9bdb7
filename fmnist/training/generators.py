"""Randomness, one generator per purpose: another model must not reshuffle the data."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from fmnist.interfaces import Rng


class Generators(NamedTuple):
    """Independent generators, all from one seed."""

    init: Rng
    shuffle: Rng
    augment: Rng
    dropout: Rng


def spawn_generators(seed: int) -> Generators:
    return Generators(*np.random.default_rng(seed).spawn(len(Generators._fields)))


def restore_generators(rngs: Generators, states: Sequence[Any]) -> None:
    """Go on where generators stopped that were in these states.

    Raises:
        ValueError: a state is none; nothing is changed then.
    """
    if len(states) != len(rngs):
        raise ValueError(f"the states of {len(states)} generators, not of {len(rngs)}")
    for rng, state in zip(deepcopy(rngs), states, strict=True):
        try:
            rng.bit_generator.state = state
        except Exception as error:  # whatever NumPy makes of a state that is none
            raise ValueError(f"no state of a {type(rng.bit_generator).__name__}") from error
    for rng, state in zip(rngs, states, strict=True):
        rng.bit_generator.state = state
