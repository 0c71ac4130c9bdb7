"""Variance scaling: the initialisations of LeCun, Xavier and He, each a YAML file for this class."""

from dataclasses import dataclass
from math import sqrt

from fmnist.config import check
from fmnist.interfaces import Array, Rng


@dataclass(frozen=True, kw_only=True)
class VarianceScaling:
    """Var W = gain / fan, with fan = fan_in, fan_out or their mean (`in`, `out`, `average`).

    normal: W ~ N(0, gain/fan);  uniform: W ~ U(−a, a) with a = √(3 gain/fan), which has the same variance.

    LeCun (gain 1, in): https://doi.org/10.1007/978-3-642-35289-8_3. Xavier (gain 1, average), Glorot & Bengio, 2010:
    https://proceedings.mlr.press/v9/glorot10a.html. He (gain 2, in), 2015: https://arxiv.org/abs/1502.01852.
    """

    gain: float = 1.0
    fan: str = "in"
    distribution: str = "normal"

    def __post_init__(self) -> None:
        check.positive(gain=self.gain)
        check.one_of(("in", "out", "average"), fan=self.fan)
        check.one_of(("normal", "uniform"), distribution=self.distribution)

    def __call__(self, shape: tuple[int, int], rng: Rng) -> Array:
        fan_in, fan_out = shape
        fan = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}[self.fan]
        variance = self.gain / fan
        if self.distribution == "normal":
            return rng.normal(0, sqrt(variance), shape)
        limit = sqrt(3 * variance)
        return rng.uniform(-limit, limit, shape)
