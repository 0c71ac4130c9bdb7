"""The contract of an augmentation, for every YAML file; the known ones on images small enough to follow by eye."""

import numpy as np
import pytest

from fmnist.augment.flip import Flip
from fmnist.augment.flip_shift import FlipShift
from fmnist.augment.none import NoAugment
from fmnist.augment.shift import Shift
from fmnist.errors import ConfigError
from options import build, option_names


def rng(seed=0):
    return np.random.default_rng(seed)


def noise(n, height=6, width=5):
    """Images without a symmetry and without black."""
    return rng(9).integers(1, 256, (n, height, width), np.uint8)


def moved(image, down, right):
    """The image moved pixel by pixel, black where nothing comes from."""
    result = np.zeros_like(image)
    height, width = image.shape
    for i in range(height):
        for j in range(width):
            if 0 <= i + down < height and 0 <= j + right < width:
                result[i + down, j + right] = image[i, j]
    return result


def which(after, candidates):
    """The one candidate that an image has become."""
    (found,) = [name for name, image in candidates.items() if np.array_equal(image, after)]
    return found


def moves(image, pixels):
    steps = range(-pixels, pixels + 1)
    return {(down, right): moved(image, down, right) for down in steps for right in steps}


@pytest.mark.parametrize("name", option_names("augment"))
def test_every_augmentation_works_in_place_and_repeats_with_the_seed(name):
    augment, before, generator = build("augment", name), noise(50), rng(1)
    one, two, other = before.copy(), before.copy(), before.copy()
    assert augment(one, generator) is None
    augment(two, rng(1))
    augment(other, rng(2))
    assert one.dtype == np.uint8
    assert one.tolist() == two.tolist()
    drawn = generator.bit_generator.state != rng(1).bit_generator.state
    assert drawn == (not np.array_equal(one, before)) == (not np.array_equal(one, other))
    augment(before[:0], rng())  # an empty batch
    part = before.copy()
    augment(part[10:20], rng())  # a view: the neighbours stay
    assert np.array_equal(part[:10], before[:10])
    assert np.array_equal(part[20:], before[20:])


def test_none_leaves_the_generator_alone():
    generator = rng(3)
    NoAugment()(noise(4), generator)
    assert generator.random() == rng(3).random()


def test_flip_exchanges_left_and_right():
    images = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    Flip(probability=1)(images, rng())
    assert images.tolist() == [[[3, 2, 1], [6, 5, 4]]]
    Flip(probability=0)(images, rng())
    assert images.tolist() == [[[3, 2, 1], [6, 5, 4]]]


@pytest.mark.parametrize("probability", [0.2, 0.5])
def test_flip_flips_the_share_it_says_each_image_independently(probability):
    before, images = noise(2000), noise(2000)
    Flip(probability=probability)(images, rng())
    flipped = [which(a, {False: b, True: b[:, ::-1]}) for a, b in zip(images, before, strict=True)]
    assert np.mean(flipped) == pytest.approx(probability, abs=0.05)
    assert np.mean(np.diff(flipped)) == pytest.approx(2 * probability * (1 - probability), abs=0.06)  # no runs


def test_shift_moves_each_image_by_whole_pixels_all_moves_alike():
    before, images = noise(2500), noise(2500)
    Shift(pixels=2)(images, rng())
    counts = dict.fromkeys(moves(before[0], 2), 0)
    for a, b in zip(images, before, strict=True):
        counts[which(a, moves(b, 2))] += 1
    assert len(counts) == 25
    assert 50 < min(counts.values()) <= max(counts.values()) < 150  # 100 ± 5 standard deviations


def test_shift_by_nothing_and_by_more_than_the_image():
    images = noise(10)
    Shift(pixels=0)(images, rng())
    assert np.array_equal(images, noise(10))
    Shift(pixels=30)(images, rng(1))
    assert any(not image.any() for image in images)  # quite outside


def test_flip_shift_does_both_independently():
    before, images = noise(3000), noise(3000)
    FlipShift(probability=0.3, pixels=1)(images, rng())
    seen = []
    for a, b in zip(images, before, strict=True):
        candidates = {
            (flip, *move): image for flip in (0, 1) for move, image in moves(b[:, :: 1 - 2 * flip], 1).items()
        }
        seen.append(which(a, candidates))
    assert len(set(seen)) == 18
    flips, downs, rights = np.array(seen).T
    assert flips.mean() == pytest.approx(0.3, abs=0.05)
    assert np.abs(np.corrcoef([flips, downs, rights]) - np.eye(3)).max() < 0.1


@pytest.mark.parametrize("make", [Flip, FlipShift])
@pytest.mark.parametrize("value", [-0.1, 1.1, True, "half", None])
def test_a_probability_is_from_0_to_1(make, value):
    with pytest.raises(ConfigError, match=r"^probability=.*from 0 to 1"):
        make(probability=value)


@pytest.mark.parametrize("make", [Shift, FlipShift])
@pytest.mark.parametrize("value", [-1, 1.5, True, None])
def test_pixels_are_whole(make, value):
    with pytest.raises(ConfigError, match=r"^pixels="):
        make(pixels=value)
