"""The cross-entropy between labels and softmax probabilities, with label smoothing.

Label smoothing: Szegedy et al., 2016, https://arxiv.org/abs/1512.00567.
"""

from dataclasses import dataclass
from typing import ClassVar

from fmnist.config import check
from fmnist.interfaces import Array
from fmnist.loss.base import Loss, Rule


def cross_entropy(log_p: Array, p: Array, hit: Array, k: float, eps: float) -> tuple[Array, Array]:
    q = (1 - eps) * hit + eps / k
    return -q * log_p, -q


@dataclass(frozen=True, kw_only=True)
class CrossEntropy(Loss):
    """L = −1/n Σₙ Σⱼ qⱼ log pⱼ,  ∂L/∂z = (p − q) / n,  p = softmax(z),  q = (1 − ε) onehot(y) + ε/k.

    ε: `label_smoothing`.
    """

    label_smoothing: float = 0.0

    rule: ClassVar[Rule] = staticmethod(cross_entropy)

    def __post_init__(self) -> None:
        check.fraction(label_smoothing=self.label_smoothing)
