"""Digits: 1797 small handwritten digits that come with scikit-learn (Alpaydin & Kaynak, 1998,
https://doi.org/10.24432/C50P49; its test part only).
"""

from dataclasses import dataclass

import numpy as np

from fmnist.dataset.images import Images, Published
from fmnist.dataset.split import draw
from fmnist.errors import FmnistError
from fmnist.interfaces import Split

HELD_OUT = 0.2


@dataclass(frozen=True, kw_only=True)
class Digits(Images):
    """8 × 8 pixels of 17 grey levels, 0 … 16. The data set has no test part: a fifth of every class is held out.

    That fifth depends on `split_seed` alone, so no other key moves an example from test to train.
    """

    def read(self) -> Published:
        try:
            from sklearn.datasets import load_digits
        except ImportError:
            raise FmnistError("dataset=digits needs scikit-learn: pip install 'fmnist[digits]'") from None
        bunch = load_digits()
        x, y = bunch.data.astype(np.uint8), bunch.target.astype(np.intp)
        rng = np.random.default_rng(self.split_seed)
        test, train = draw(np.arange(len(y)), y, round(HELD_OUT * len(y)), rng, stratify=True)
        return Published(
            name="digits",
            train=Split(x, y, train),
            test=Split(x, y, test),
            classes=tuple("0123456789"),
            shape=(8, 8),
            high=16,
            source="scikit-learn",
        )
