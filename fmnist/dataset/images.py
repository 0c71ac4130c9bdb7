"""The base class of all image data sets: size limits, validation split and normalisation."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fmnist.config import check
from fmnist.dataset.normalize import to_standard, to_unit
from fmnist.dataset.split import draw
from fmnist.errors import ConfigError
from fmnist.interfaces import Rng, Split, Splits


class Published(NamedTuple):
    """A data set in its official train and test parts."""

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    shape: tuple[int, int]
    high: int  # the grey level of white
    source: str


@dataclass(frozen=True, kw_only=True)
class Images(ABC):
    """Read → limit → split → normalise. A subclass implements `read`; no image is copied.

    All randomness comes from `split_seed`, not from the run's seed: runs can only be compared on the same split.
    """

    val_fraction: float = 0.1
    split_seed: int = 0
    stratify: bool = True
    normalize: str = "scale"
    train_limit: int | None = None
    test_limit: int | None = None

    def __post_init__(self) -> None:
        check.fraction(val_fraction=self.val_fraction)
        check.integer(0, split_seed=self.split_seed)
        check.boolean(stratify=self.stratify)
        check.one_of(("scale", "standardize"), normalize=self.normalize)
        for key, limit in {"train_limit": self.train_limit, "test_limit": self.test_limit}.items():
            if limit is not None and not (check.is_integer(limit) and limit >= 1):
                raise ConfigError(key, limit, "null or a whole number from 1 up")

    @abstractmethod
    def read(self) -> Published:
        """The data set before limits and split."""

    def load(self) -> Splits:
        whole = self.read()
        # One generator per purpose: a limit on one part must not change another.
        for_train, for_val, for_test = np.random.default_rng(self.split_seed).spawn(3)
        test = self.limit(whole.test, "test_limit", self.test_limit, for_test)
        train, val = self.split(self.limit(whole.train, "train_limit", self.train_limit, for_train), for_val)
        standardize = self.normalize == "standardize"
        scale, shift = to_standard(train, whole.high) if standardize else to_unit(whole.high)
        return Splits(whole.name, train, val, test, whole.classes, whole.shape, scale, shift, whole.source, whole.high)

    def limit(self, part: Split, key: str, limit: int | None, rng: Rng) -> Split:
        """At most `limit` examples of a part."""
        if limit is None:
            return part
        if limit > part.size:
            raise ConfigError(key, limit, f"null or a whole number from 1 to {part.size}, which is all there are")
        return part._replace(rows=draw(part.rows, part.y, limit, rng, self.stratify)[0])

    def split(self, part: Split, rng: Rng) -> tuple[Split, Split]:
        """(train, val), with round(val_fraction · n) of the n examples in val."""
        n = round(self.val_fraction * part.size)
        if n == part.size:
            allowed = f"a fraction that leaves at least 1 of the {part.size} examples to train on"
            raise ConfigError("val_fraction", self.val_fraction, allowed)
        if n == 0 and self.val_fraction:
            allowed = f"0, or a fraction that is at least 1 of the {part.size} examples (see train_limit)"
            raise ConfigError("val_fraction", self.val_fraction, allowed)
        val, train = draw(part.rows, part.y, n, rng, self.stratify)
        return part._replace(rows=train), part._replace(rows=val)
