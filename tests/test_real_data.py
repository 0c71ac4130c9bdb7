"""The real Fashion-MNIST and MNIST, where they lie on this machine."""

import subprocess
import sys

import numpy as np
import pytest

from fmnist.dataset.fashion_mnist import FashionMNIST
from fmnist.dataset.mnist import MNIST
from options import ROOT
from real_data import HOW, is_here


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FMNIST_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def real(make):
    """The data set, or a skip: this test must not download."""
    if not is_here(make):
        pytest.skip(f"{make.name} is {HOW}")
    return make


def test_fashion_mnist_is_what_its_paper_says():
    splits = real(FashionMNIST)().load()
    assert splits.train.x.shape == (60000, 784)
    assert splits.test.x.shape == (10000, 784)
    assert splits.shape == (28, 28)
    assert splits.train.y[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert splits.test.y[:5].tolist() == [9, 2, 1, 1, 6]
    assert np.bincount(splits.train.y).tolist() == [6000] * 10
    assert np.bincount(splits.test.y).tolist() == [1000] * 10
    assert splits.classes[9] == "Ankle boot"
    assert len(splits.classes) == 10
    assert np.bincount(splits.val.y[splits.val.rows]).tolist() == [600] * 10
    assert np.bincount(splits.train.y[splits.train.rows]).tolist() == [5400] * 10
    assert splits.test.rows.tolist() == list(range(10000))
    # Well-known figures of the whole training part: mean 0.2860, deviation 0.3530.
    standard = FashionMNIST(normalize="standardize", val_fraction=0).load()
    assert -standard.shift / (255 * standard.scale) == pytest.approx(0.2860, abs=1e-4)
    assert 1 / (255 * standard.scale) == pytest.approx(0.3530, abs=1e-4)


def test_mnist_is_what_its_page_says():
    splits = real(MNIST)().load()
    assert splits.train.x.shape == (60000, 784)
    assert splits.test.x.shape == (10000, 784)
    assert splits.train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(splits.test.y).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    standard = MNIST(normalize="standardize", val_fraction=0).load()
    assert -standard.shift / (255 * standard.scale) == pytest.approx(0.1307, abs=1e-4)
    assert 1 / (255 * standard.scale) == pytest.approx(0.3081, abs=1e-4)
    limited = MNIST(train_limit=10, val_fraction=0).load().train
    assert set(limited.y[limited.rows]) == set(range(10))


def test_images_are_mapped_not_copied():
    x = real(FashionMNIST)().load().train.x
    assert type(x) is np.ndarray
    assert not x.flags.writeable
    base = x
    while isinstance(base.base, np.ndarray):
        base = base.base
    assert isinstance(base, np.memmap)


def test_nothing_heavy_is_imported_when_the_files_are_there():
    real(FashionMNIST)
    program = (
        "import sys; from fmnist.dataset.fashion_mnist import FashionMNIST; FashionMNIST().load()\n"
        "print(*{'pooch', 'requests', 'rich', 'sklearn', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
