"""Drawing examples: exact counts, fair shares, nothing lost and nothing twice."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fmnist.dataset.split import draw, shares

labels = st.lists(st.integers(0, 4), min_size=1, max_size=120)


@st.composite
def draws(pick):
    """(rows, y, n): n of `rows`, which are some examples of a data set with the labels y."""
    y = np.array(pick(labels))
    rows = np.array(pick(st.lists(st.integers(0, len(y) - 1), min_size=1, unique=True)))
    return rows, y, pick(st.integers(0, len(rows)))


def test_shares_by_hand():
    assert shares(np.array([5, 3, 2]), 5).tolist() == [3, 1, 1]  # quotas 2.5, 1.5, 1: the tie goes to the lower class
    assert shares(np.array([6, 3, 1]), 4).tolist() == [3, 1, 0]  # quotas 2.4, 1.2, 0.4: 0.4 ties, the lower class
    assert shares(np.array([1, 1, 8]), 2).tolist() == [0, 0, 2]  # quotas 0.2, 0.2, 1.6
    assert shares(np.array([7, 0, 7]), 4).tolist() == [2, 0, 2]


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=10).filter(any), st.data())
def test_shares_add_up_and_are_less_than_one_off_the_quota(counts, data):
    n = data.draw(st.integers(0, sum(counts)))
    result = shares(np.array(counts), n).tolist()
    assert sum(result) == n
    for share, count in zip(result, counts, strict=True):
        assert abs(share - Fraction(n * count, sum(counts))) < 1
        assert 0 <= share <= count


@given(draws(), st.booleans(), st.integers(0, 99))
def test_a_draw_divides_the_rows_exactly(case, stratify, seed):
    rows, y, n = case
    drawn, rest = draw(rows, y, n, np.random.default_rng(seed), stratify)
    assert len(drawn) == n
    assert sorted([*drawn, *rest]) == sorted(rows)  # every row once, in one of the two
    assert (np.diff(drawn) > 0).all()
    assert (np.diff(rest) > 0).all()


@given(draws(), st.integers(0, 99))
def test_a_stratified_draw_keeps_every_class_s_share(case, seed):
    rows, y, n = case
    drawn, _ = draw(rows, y, n, np.random.default_rng(seed), stratify=True)
    for c in range(5):
        quota = n * np.count_nonzero(y[rows] == c) / len(rows)
        assert abs(np.count_nonzero(y[drawn] == c) - quota) < 1


def test_the_generator_alone_decides():
    rows, y = np.arange(1000), np.arange(1000) % 10
    for stratify in (True, False):
        one, same, other = (draw(rows, y, 100, np.random.default_rng(s), stratify)[0] for s in (1, 1, 2))
        assert one.tolist() == same.tolist()
        assert len(np.intersect1d(one, other)) < 50  # by chance about 10


def test_every_row_has_the_same_chance():
    y = np.array([0] * 30 + [1] * 10)
    for stratify in (True, False):
        rng = np.random.default_rng(0)
        hits = np.zeros(40)
        for _ in range(2000):
            hits[draw(np.arange(40), y, 8, rng, stratify)[0]] += 1
        np.testing.assert_allclose(hits / 2000, 0.2, atol=0.045)  # five standard deviations


def test_a_plain_draw_does_not_look_at_the_classes():
    y = np.array([0] * 50 + [1] * 50)
    rng = np.random.default_rng(0)
    counts = {int(y[draw(np.arange(100), y, 20, rng, stratify=False)[0]].sum()) for _ in range(50)}
    assert len(counts) > 3  # a stratified draw has 10 of each class every time
