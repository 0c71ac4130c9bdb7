"""MNIST: 70 000 handwritten digits (LeCun, Cortes & Burges, 1998, http://yann.lecun.com/exdb/mnist)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from fmnist.dataset.mnist_like import MnistLike


@dataclass(frozen=True, kw_only=True)
class MNIST(MnistLike):
    """28 × 28 grey levels 0 … 255, ten digits, about 6000 examples of each to train on and 1000 to test."""

    name = "mnist"
    subfolder = "mnist"
    files: ClassVar[Mapping[str, str]] = {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    }
    names = tuple("0123456789")

    mirrors: Sequence[str] = field(
        default_factory=lambda: [
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ]
    )
