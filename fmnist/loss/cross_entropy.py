"""The cross-entropy between labels and softmax probabilities, with label smoothing.

Label smoothing: Szegedy et al., 2016, https://arxiv.org/abs/1512.00567.
"""

from dataclasses import dataclass

import numpy as np

from fmnist import check
from fmnist.interfaces import Array
from fmnist.loss.softmax import log_softmax


@dataclass(frozen=True, kw_only=True)
class CrossEntropy:
    """L = −1/n Σₙ Σⱼ qⱼ log pⱼ,  ∂L/∂z = (p − q) / n,  p = softmax(z),  q = (1 − ε) onehot(y) + ε/k.

    ε: `label_smoothing`.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        check.fraction(label_smoothing=self.label_smoothing)

    def __call__(self, z: Array, y: Array, grad: Array | None = None) -> float:
        n, k = z.shape
        eps = self.label_smoothing
        log_p = log_softmax(z)
        of_label = log_p[np.arange(n), y]
        value = -(1 - eps) * of_label.mean(dtype=np.float64)
        if eps:
            value -= eps * log_p.mean(dtype=np.float64)
        if grad is not None:
            np.exp(log_p, out=grad)
            if eps:
                grad -= eps / k
            grad[np.arange(n), y] -= 1 - eps
            grad /= n
        return float(value)
