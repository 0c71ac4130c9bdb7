"""The interfaces of the project on one page; read this first.

Shapes: n examples of a batch, d inputs, k classes. Arrays are float32 (or float64: `trainer.precision`)
unless said otherwise. All randomness comes from a `numpy.random.Generator` that is passed in.
`Layer` is in `network/layer.py`, and the base classes of models, activations, losses, optimizers and callbacks are
beside their subclasses, such as `optimizer/base.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rng = np.random.Generator
State = dict[str, Array]  # arrays of a checkpoint by name
Metrics = dict[str, float]  # "val/accuracy" → 0.89


class Split(NamedTuple):
    """A part of a data set: the examples `x[rows]` with the labels `y[rows]`.

    x: (N, d) uint8, never copied: it may be a memory map shared by many processes.
    y: (N,) intp, the classes 0 … k−1.
    rows: (n,) intp, which examples belong to this part.
    """

    x: Array
    y: Array
    rows: Array

    @property
    def size(self) -> int:
        return len(self.rows)


class Splits(NamedTuple):
    """A data set, ready to train on. The network sees scale · x + shift."""

    name: str
    train: Split
    val: Split  # may be empty
    test: Split
    classes: tuple[str, ...]
    shape: tuple[int, int]  # an image's height and width; d = height · width
    scale: float
    shift: float
    source: str  # where the examples come from: a folder, or how they were generated
    high: int = 255  # the grey level of white

    @property
    def d(self) -> int:
        return self.train.x.shape[1]

    @property
    def k(self) -> int:
        return len(self.classes)


@runtime_checkable
class Engine(Protocol):
    """What runs an operation, which is a function in NumPy that writes its results into arrays it is given."""

    @property
    def name(self) -> str:
        """numpy | numba."""

    @property
    def description(self) -> str:
        """For the record: the name, and the operations that another engine ran ("numba, without loss, update")."""

    def bind(self, operation: Callable[..., None], *arguments: Any) -> Callable[[], None]:
        """`operation(*arguments)`, ready to be called again and again.

        An argument is an array (contiguous), a number, a tuple of numbers, None, a rule (a pure function of one
        number or an array) or a NamedTuple class. What an array holds may change in between; everything else stays.

        The result belongs to these array objects, not to others of the same shape. Whoever gets arrays from outside
        binds again when one is another object (`is not`), and passes on the same objects as long as n is the same.
        """


@runtime_checkable
class Dataset(Protocol):
    """Where examples come from. The constructor does no work; `load` does."""

    def load(self) -> Splits: ...


@runtime_checkable
class Augment(Protocol):
    """A random change of the training images that leaves their labels right."""

    def __call__(self, images: Array, rng: Rng) -> None:
        """Change images, (n, height, width) uint8, in place."""


@runtime_checkable
class Init(Protocol):
    """The first values of a weight matrix; biases start at zero."""

    def __call__(self, shape: tuple[int, int], rng: Rng) -> Array:
        """A float64 matrix of `shape` = (fan_in, fan_out)."""


@runtime_checkable
class Scheduler(Protocol):
    """A factor on the learning rate."""

    def __call__(self, progress: float) -> float:
        """The factor at `progress` ∈ [0, 1] of the training."""


class Tracker(Protocol):
    """Where the metrics of a run go beside the files in its folder. `tracker/base.py` has defaults for all of it."""

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        """Begin in the run's folder, which holds its config; `history` holds the epochs before a resume."""

    def log(self, metrics: Metrics) -> None:
        """One finished epoch."""

    def finish(self, summary: Mapping[str, Any]) -> None:
        """The end, good or bad: the summary says which."""


class ImageTable(NamedTuple):
    """Images (n, height, width) uint8, and a row of values for each."""

    images: Array
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


class MediaTracker(Protocol):
    """A tracker that shows images: in the run that goes on, or by themselves."""

    def log_samples(self, folder: Path, dataset: str, samples: ImageTable, classes: Sequence[str]) -> None:
        """What a data set with these classes looks like."""

    def log_evaluation(
        self, folder: Path, y: Array, predicted: Array, classes: Sequence[str], picture: Path, mistakes: ImageTable
    ) -> None:
        """Labels y and predictions, both (n,), the confusion matrix as a picture, and the worst mistakes of a run."""
