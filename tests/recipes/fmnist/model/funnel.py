"""A multilayer perceptron whose layers become narrower."""

from dataclasses import dataclass, field

from fmnist.config import check
from fmnist.model.mlp import MLP


@dataclass(kw_only=True)
class Funnel(MLP):
    """The first hidden layer has `first` units, each further one half of the one before."""

    first: int = 64
    width: list[int] = field(init=False)

    def __post_init__(self) -> None:
        check.integer(1, first=self.first)
        check.integer(0, layers=self.layers)
        self.width = [max(1, self.first >> i) for i in range(self.layers)]
        super().__post_init__()
