"""The contract of a data set, for every YAML file; limits, normalisation and messages on blobs and digits."""

import sys

import numpy as np
import pytest
from omegaconf import OmegaConf

from fmnist.dataset.blobs import Blobs
from fmnist.dataset.digits import Digits
from fmnist.dataset.fashion_mnist import FashionMNIST
from fmnist.errors import ConfigError, FmnistError
from options import CONF, build, option_names


def has_key(name, key):
    return key in OmegaConf.load(CONF / "dataset" / f"{name}.yaml")


def pixels(part):
    return part.x[part.rows].astype(np.float64)


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """Nothing is written to the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FMNIST_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.mark.parametrize("name", option_names("dataset"))
def test_the_parts_are_bytes_share_one_array_and_do_not_overlap(name):
    """Or the data set says what is missing: without mirrors nothing is downloaded here."""
    dataset = build("dataset", name, mirrors=[]) if has_key(name, "mirrors") else build("dataset", name)
    try:
        splits = dataset.load()
    except FmnistError as error:
        first_line = str(error).partition("\n")[0]
        assert first_line.startswith(f"dataset={name}")
        pytest.skip(first_line)
    assert splits.name == name
    assert splits.source
    height, width = splits.shape
    assert splits.train.x is splits.val.x
    assert not np.intersect1d(splits.train.rows, splits.val.rows).size
    for part in (splits.train, splits.val, splits.test):
        assert part.x.dtype == np.uint8
        assert part.x.shape == (len(part.y), height * width)
        assert part.y.dtype == np.intp
        assert set(part.y[part.rows]) == set(range(splits.k))
    again = build("dataset", name).load()
    for part in ("train", "val", "test"):
        np.testing.assert_array_equal(getattr(again, part).rows, getattr(splits, part).rows)


def test_digits_hold_out_a_fixed_stratified_fifth():
    import sklearn.datasets

    official = sklearn.datasets.load_digits()
    splits = Digits(val_fraction=0).load()
    assert (splits.train.size, splits.val.size, splits.test.size) == (1438, 0, 359)  # 0.2 · 1797 = 359.4
    assert not np.intersect1d(splits.train.rows, splits.test.rows).size
    for c in range(10):
        share = np.sum(splits.test.y[splits.test.rows] == c) / np.sum(official.target == c)
        assert share == pytest.approx(0.2, abs=0.006)  # one of about 180
    np.testing.assert_array_equal(splits.test.x[splits.test.rows], official.data[splits.test.rows])
    others = Digits(val_fraction=0.3, train_limit=500, stratify=False, normalize="standardize").load()
    assert others.test.rows.tolist() == splits.test.rows.tolist()
    assert Digits(split_seed=1).load().test.rows.tolist() != splits.test.rows.tolist()


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(FmnistError, match=r"pip install 'fmnist\[digits\]'"):
        Digits().load()


def test_blobs_are_as_their_keys_say():
    splits = Blobs(examples=90, test_examples=30, classes=3, height=4, width=6, noise=5, val_fraction=0).load()
    assert splits.shape == (4, 6)
    assert np.bincount(splits.train.y).tolist() == [30, 30, 30]
    assert np.bincount(splits.test.y).tolist() == [10, 10, 10]
    for c in range(3):  # train and test lie around the same prototypes, at the distance of the noise
        centre = pixels(splits.train)[splits.train.y == c].mean(axis=0)
        inside = (centre > 30) & (centre < 225)  # where nothing is clipped
        off = (pixels(splits.test)[splits.test.y == c] - centre)[:, inside]
        assert off.std() == pytest.approx(5, rel=0.2)
    assert np.array_equal(splits.train.x, Blobs(examples=90, classes=3, height=4, width=6, noise=5).load().train.x)
    assert not np.array_equal(Blobs().load().train.x, Blobs(seed=1).load().train.x)
    assert np.array_equal(Blobs().load().train.x, Blobs(split_seed=1).load().train.x)


def test_scale_maps_white_to_one():
    for dataset, white in ((Blobs(), 255), (Digits(), 16)):
        splits = dataset.load()
        assert splits.scale * white + splits.shift == pytest.approx(1)
        assert splits.shift == 0


@pytest.mark.parametrize("examples", [200, 10_000])  # few, and more than are counted at a time
def test_standardize_measures_the_training_part_only(examples):
    keys = {"val_fraction": 0.4, "stratify": False, "normalize": "standardize"}
    splits = Blobs(examples=examples, height=3, width=3, **keys).load()
    seen = splits.scale * pixels(splits.train) + splits.shift
    assert seen.mean() == pytest.approx(0, abs=1e-12)
    assert seen.std() == pytest.approx(1, abs=1e-12)
    other = splits.scale * pixels(splits.val) + splits.shift
    assert abs(other.mean()) > 1e-6


def test_standardize_survives_a_flat_picture():
    splits = Blobs(
        normalize="standardize", examples=10, height=1, width=1, noise=0, train_limit=1, val_fraction=0
    ).load()
    assert splits.scale * pixels(splits.train) + splits.shift == pytest.approx(0)


@pytest.mark.parametrize("stratify", [True, False])
def test_val_fraction_is_exact(stratify):
    for fraction, n in {0: 0, 0.1: 100, 0.333: 333, 0.9: 900}.items():
        splits = Blobs(val_fraction=fraction, stratify=stratify).load()
        assert (splits.train.size, splits.val.size) == (1000 - n, n)
        if stratify:
            counts = np.bincount(splits.val.y[splits.val.rows], minlength=10)
            assert counts.max() - counts.min() <= 1


def test_split_seed_draws_another_split():
    first, same, other = (Blobs(split_seed=seed).load().val.rows.tolist() for seed in (0, 0, 1))
    assert first == same != other


def test_limits_count_and_keep_all_classes():
    splits = Blobs(train_limit=50, test_limit=20).load()
    assert (splits.train.size, splits.val.size, splits.test.size) == (45, 5, 20)
    both = np.concatenate([splits.train.rows, splits.val.rows])
    assert np.bincount(splits.train.y[both]).tolist() == [5] * 10
    assert np.bincount(splits.test.y[splits.test.rows]).tolist() == [2] * 10
    assert not np.array_equal(np.sort(both), np.arange(50))  # drawn at random, not cut off
    assert Blobs(test_limit=20).load().test.rows.tolist() == splits.test.rows.tolist()  # whatever is done to train
    assert Blobs(test_limit=20).load().val.rows.tolist() == Blobs().load().val.rows.tolist()  # and the other way round
    whole = Blobs(train_limit=1000, test_limit=200, val_fraction=0).load()
    assert (whole.train.size, whole.test.size) == (1000, 200)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"train_limit": 1001}, "train_limit=1001: .* from 1 to 1000"),
        ({"test_limit": 201}, "test_limit=201: .* from 1 to 200"),
        ({"val_fraction": 0.9999}, "val_fraction=0.9999: .* 1000"),
        ({"train_limit": 2, "val_fraction": 0.8}, "val_fraction=0.8: .* 2"),
    ],
)
def test_what_the_data_cannot_give_is_a_config_error(keys, message):
    with pytest.raises(ConfigError, match=message):
        Blobs(**keys).load()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("val_fraction", v) for v in (1, 1.5, -0.1, "a", True, float("nan"))],
        *[("split_seed", v) for v in (-1, 0.5, None)],
        *[("stratify", v) for v in (1, "yes")],
        ("normalize", "standardise"),
        *[(key, v) for key in ("train_limit", "test_limit") for v in (0, -1, 1.5, True, "10")],
        *[("classes", v) for v in (1, 2.0)],
        *[(key, 9) for key in ("examples", "test_examples")],  # fewer than classes
        *[(key, 0) for key in ("height", "width")],
        ("noise", -1),
        ("seed", -1),
    ],
)
def test_constructors_refuse_what_is_not_allowed(key, value):
    with pytest.raises(ConfigError) as caught:
        Blobs(**{key: value})
    assert (caught.value.key, caught.value.value) == (key, value) or caught.value.value is value  # nan ≠ nan


@pytest.mark.parametrize(
    ("key", "value"),
    [("folder", ""), ("folder", 3), ("mirrors", "http://a"), ("mirrors", ["ftp://a"]), ("mirrors", None)],
)
def test_constructors_refuse_folders_and_mirrors_that_are_none(key, value):
    with pytest.raises(ConfigError) as caught:
        FashionMNIST(**{key: value})
    assert caught.value.key == key


def test_blobs_clip_and_do_not_test_on_what_they_train_on():
    splits = Blobs(examples=200, test_examples=200, noise=64).load()
    assert not {row.tobytes() for row in splits.train.x} & {row.tobytes() for row in splits.test.x}
    # Pixels are N(128, 64² + 64²): P(x < 0) = P(x > 255) = Φ(−1.41) = 8 %. Wrapped around, next to none would be 0.
    for level in (0, 255):
        assert np.mean(splits.train.x == level) == pytest.approx(0.08, abs=0.03)
