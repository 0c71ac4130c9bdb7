"""Fashion-MNIST: 70 000 articles of clothing (Xiao, Rasul & Vollgraf, 2017, https://arxiv.org/abs/1708.07747)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from fmnist.dataset.mnist_like import MnistLike


@dataclass(frozen=True, kw_only=True)
class FashionMNIST(MnistLike):
    """28 × 28 grey levels 0 … 255, ten classes, 6000 examples of each to train on and 1000 to test."""

    name = "fashion_mnist"
    subfolder = "fashion-mnist"
    files: ClassVar[Mapping[str, str]] = {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    }
    names = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )

    mirrors: Sequence[str] = field(
        default_factory=lambda: [
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ]
    )
