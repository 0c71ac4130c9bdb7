"""Randomness, one generator per purpose: another model must not reshuffle the data."""

from typing import NamedTuple

import numpy as np

from fmnist.interfaces import Rng


class Streams(NamedTuple):
    """Independent generators, all from one seed."""

    init: Rng
    shuffle: Rng
    augment: Rng
    dropout: Rng


def streams(seed: int) -> Streams:
    return Streams(*np.random.default_rng(seed).spawn(len(Streams._fields)))
