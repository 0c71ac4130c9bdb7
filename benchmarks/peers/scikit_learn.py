"""scikit-learn's MLPClassifier: `partial_fit` for every batch, or one `fit` over all of a window's batches."""

import warnings
from time import perf_counter

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from suite import BETA1, BETA2, EPS, LR, MOMENTUM, Cell
from threadpoolctl import threadpool_limits

from fmnist.interfaces import Array
from peers import Peer, Unsupported
from peers.start import data, floats, weights

CLASSES = np.arange(10)


class PartialFit(Peer):
    """No L2 (alpha=0), float32 throughout; the batches are gathered in the timed loop, as by all peers."""

    warm_start = False  # partial_fit goes on from its weights by itself

    def __init__(self, cell: Cell, threads: int | None) -> None:
        if cell.extra or cell.optimizer == "nadam":
            raise Unsupported(f"scikit-learn has no {cell.extra or cell.optimizer}")
        adam = cell.optimizer == "adam"
        self.limits = threadpool_limits(threads, user_api="blas")
        self.batch = cell.batch
        self.x, self.y = floats(), data().train.y
        self.model = MLPClassifier(
            cell.hidden,
            cell.activation,
            solver="adam" if adam else "sgd",
            alpha=0.0,
            random_state=0,
            batch_size=cell.batch,
            learning_rate_init=LR[cell.optimizer],
            max_iter=1,
            momentum=MOMENTUM if cell.optimizer == "momentum" else 0.0,
            nesterovs_momentum=False,
            **({"beta_1": BETA1, "beta_2": BETA2, "epsilon": EPS} if adam else {}),
        )
        self.model.partial_fit(self.x[: cell.batch], self.y[: cell.batch], classes=CLASSES)  # makes its arrays
        self.model.warm_start = self.warm_start
        first = weights(cell)
        for i, (W, b) in enumerate(zip(self.model.coefs_, self.model.intercepts_, strict=True), 1):
            assert W.dtype == np.float32
            W[...], b[...] = first[f"dense{i}.W"], first[f"dense{i}.b"]
        del self.model._optimizer  # the next call makes a new one

    def step(self, rows: Array) -> float:
        self.model.partial_fit(self.x[rows], self.y[rows])
        return self.model.loss_

    def losses(self, order: Array) -> list[float]:
        """Its ε is the paper's ε̂, which stands before the bias correction: ε̂ = ε √(1−β₂ᵗ) makes the rules the same."""
        found = []
        for t, rows in enumerate(order, 1):
            for rule in (self.model, getattr(self.model, "_optimizer", None)):  # the first step makes the second
                if hasattr(rule, "epsilon"):
                    rule.epsilon = EPS * (1 - BETA2**t) ** 0.5
            found.append(self.step(rows))
        return found


class Fit(PartialFit):
    """An epoch of `fit` over the window's examples, gathered before; it shuffles and gathers batches itself."""

    warm_start = True

    def steps(self, order: Array) -> float:
        x, y = self.x[order.ravel()], self.y[order.ravel()]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch is what was asked for
            begin = perf_counter()
            self.model.fit(x, y)
            return perf_counter() - begin

    def losses(self, order: Array) -> list[float]:
        """The mean over the window: the order within it is drawn by scikit-learn."""
        self.steps(order)
        return [self.model.loss_]
