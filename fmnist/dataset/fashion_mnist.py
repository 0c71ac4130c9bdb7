"""Fashion-MNIST: 70 000 articles of clothing (Xiao, Rasul & Vollgraf, 2017, https://arxiv.org/abs/1708.07747)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from fmnist.dataset.idx import Checksums
from fmnist.dataset.mnist_like import MnistLike


@dataclass(frozen=True, kw_only=True)
class FashionMNIST(MnistLike):
    """28 × 28 grey levels 0 … 255, ten classes, 6000 examples of each to train on and 1000 to test."""

    name = "fashion_mnist"
    subfolder = "fashion-mnist"
    files: ClassVar[Mapping[str, Checksums]] = {
        "train-images-idx3-ubyte.gz": Checksums(
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        "train-labels-idx1-ubyte.gz": Checksums(
            "25c81989df183df01b3e8a0aad5dffbe",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        "t10k-images-idx3-ubyte.gz": Checksums(
            "bef4ecab320f06d8554ea6380940ec79",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        "t10k-labels-idx1-ubyte.gz": Checksums(
            "bb300cfdad3c16e7a12a480ee83cd310",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
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
