"""MNIST: 70 000 handwritten digits (LeCun, Cortes & Burges, 1998, http://yann.lecun.com/exdb/mnist)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from fmnist.dataset.idx import Checksums
from fmnist.dataset.mnist_like import MnistLike


@dataclass(frozen=True, kw_only=True)
class MNIST(MnistLike):
    """28 × 28 grey levels 0 … 255, ten digits, about 6000 examples of each to train on and 1000 to test."""

    name = "mnist"
    subfolder = "mnist"
    files: ClassVar[Mapping[str, Checksums]] = {
        "train-images-idx3-ubyte.gz": Checksums(
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        "train-labels-idx1-ubyte.gz": Checksums(
            "d53e105ee54ea40749a09fcbcd1e9432",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        "t10k-images-idx3-ubyte.gz": Checksums(
            "9fb629c4189551a2d022fa330f9573f3",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        "t10k-labels-idx1-ubyte.gz": Checksums(
            "ec29112dd5afa0611ce80d1b7f02629c",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    }
    names = tuple("0123456789")

    mirrors: Sequence[str] = field(
        default_factory=lambda: [
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ]
    )
