"""Randomness, one generator per purpose: another model must not reshuffle the data."""

from typing import NamedTuple

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
