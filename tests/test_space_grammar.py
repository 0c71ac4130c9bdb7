"""What Hydra reads is what is searched, and what is searched is written so that Hydra reads it back."""

import math
import random

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from fmnist.errors import ConfigError
from fmnist.sweep.space.parse import parse_space
from fmnist.sweep.space.space import Dimension, Space

WHERE = "hydra.sweeper.params.a"


def with_types(value):
    """1, 1.0 and true are equal in Python, 0.0 and -0.0 too: tell them apart."""
    if isinstance(value, list | tuple):
        return [with_types(v) for v in value]
    if isinstance(value, dict):
        return {k: with_types(v) for k, v in value.items()}
    return type(value).__name__, repr(value)


def one(written, *overrides):
    """The distribution of the only dimension, a."""
    space, fixed = parse_space({"a": written}, overrides)
    assert fixed == []
    [dimension] = space.dimensions
    return dimension.distribution


def hydra(override):
    return OverridesParser.create().parse_override(override)


def reread(distribution, value):
    [override] = Space((Dimension("a", distribution, {}),)).overrides({"a": value})
    return hydra(override).value()


def mistake(params, *overrides):
    with pytest.raises(ConfigError) as caught:
        parse_space(params, overrides)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("written", "choices"),
    [
        ("choice(a,b)", ["a", "b"]),
        ("a,b,c", ["a", "b", "c"]),
        ("choice(64,128)", [64, 128]),
        ("1e-2,1e-3", [0.01, 0.001]),
        ("null,true,2", [None, True, 2]),
        ("'1','null','a b',1", ["1", "null", "a b", 1]),
        ("choice([64],[128,64])", ["[64]", "[128,64]"]),
        ("[64],[128, 'x y']", ["[64]", "[128,'x y']"]),
        ("sort(3,1,2)", [1, 2, 3]),
        ("choice(only)", ["only"]),
        ("range(0.5,2,0.5)", [0.5, 1.0, 1.5]),
        ("range(3,0,-1)", [3, 2, 1]),
        (["he", "xavier"], ["he", "xavier"]),
        ([1e-2, 1e-3], [0.01, 0.001]),
        ([[128, 64], 32, None, "null", "1e3", True], ["[128,64]", 32, None, "null", "1e3", True]),
        ({"choice": [0.8, 0.9]}, [0.8, 0.9]),
        ({"space": "choice(0.8,0.9)"}, [0.8, 0.9]),
        ([float("inf"), 1.0], [float("inf"), 1.0]),
    ],
)
def test_choices(written, choices):
    found = one(written)
    assert isinstance(found, CategoricalDistribution)
    assert [(str(c) if isinstance(c, str) else c) for c in found.choices] == choices
    assert [isinstance(c, bool) for c in found.choices] == [isinstance(c, bool) for c in choices]
    assert [isinstance(c, float) for c in found.choices] == [isinstance(c, float) for c in choices]


@pytest.mark.parametrize(
    ("written", "distribution"),
    [
        ("range(1,5)", IntDistribution(1, 4)),
        ("range(3)", IntDistribution(0, 2)),
        ("range(1,10,4)", IntDistribution(1, 9, step=4)),
        ("interval(1e-4,1e-1)", FloatDistribution(1e-4, 1e-1)),
        ("interval(1,8)", FloatDistribution(1, 8)),
        ("int(interval(1,8))", IntDistribution(1, 8)),
        ("tag(log,interval(1e-4,1e-1))", FloatDistribution(1e-4, 1e-1, log=True)),
        ("tag(log,int(interval(1,64)))", IntDistribution(1, 64, log=True)),
        ("int(tag(log,interval(1,64)))", IntDistribution(1, 64, log=True)),
        ("tag(step:2,int(interval(2,10)))", IntDistribution(2, 10, step=2)),
        ("tag(step:0.1,interval(0,1))", FloatDistribution(0, 1, step=0.1)),
        ({"low": 1e-4, "high": 1e-1, "log": True}, FloatDistribution(1e-4, 1e-1, log=True)),
        ({"low": 2, "high": 10, "step": 2}, IntDistribution(2, 10, step=2)),
        ({"low": 2, "high": 10, "step": 0.5}, FloatDistribution(2, 10, step=0.5)),
        ({"low": 0.0, "high": 1}, FloatDistribution(0, 1)),
        ({"low": 1, "high": 8}, IntDistribution(1, 8)),
        ({"space": "tag(log,interval(1e-4,1e-1))"}, FloatDistribution(1e-4, 1e-1, log=True)),
    ],
)
def test_numbers(written, distribution):
    found = one(written)
    assert type(found) is type(distribution)
    assert found == distribution


@pytest.mark.parametrize(
    ("written", "key", "part"),
    [
        ("choice(1,true)", WHERE, "true is the same as 1"),
        ("1,1.0", WHERE, "1.0 is the same as 1"),
        ("a,b,a", WHERE, "a is the same as a"),
        ([1, True], WHERE, "true is the same as 1"),
        (["[1]", [1]], WHERE, "[1] is the same as '[1]'"),
        ("nan,1", WHERE, "equals itself"),
        ("choice()", WHERE, "empty choice"),
        ([], WHERE, "at least one"),
        ({"choice": []}, WHERE, "at least one"),
        ([object], WHERE, "a string"),
        ("choice(a", WHERE, "Hydra's grammar"),
        ("range(1,5,0)", WHERE, "step is not 0"),
        ("range(0.5,5,0)", WHERE, "step is not 0"),
        ("range(5,1)", WHERE, "not empty"),
        ("range(1,1)", WHERE, "not empty"),
        ("range(0,inf)", WHERE, "range of numbers"),
        ("range(0,1,1e-9)", WHERE, "at most 10000"),
        ("interval(8,1)", WHERE, "below"),
        ("interval(1,1)", WHERE, "below"),
        ("interval(0,inf)", f"{WHERE}.high", "a number"),
        ("tag(log,interval(0,1))", f"{WHERE}.low", "above 0"),
        ("tag(log,step:1,interval(1,3))", f"{WHERE}.step", "logarithmic"),
        ("tag(lgo,interval(1,2))", WHERE, "did you mean log?"),
        ("tag(step:1,step:2,interval(0,2))", WHERE, "one step:NUMBER"),
        ("tag(step:x,interval(0,1))", f"{WHERE}.step", "a number"),
        ("tag(log,choice(1,2))", WHERE, "interval"),
        ("tag(log,range(1,5))", WHERE, "interval"),
        ("shuffle(1,2,3)", WHERE, "fixed order"),
        ("shuffle(range(1,5))", WHERE, "fixed order"),
        ("glob(*)", WHERE, "names one by one"),
        ({"low": 2, "high": 1}, WHERE, "below"),
        ({"low": 2, "high": 9, "step": 2}, f"{WHERE}.high", "like 8"),
        ({"low": 0, "high": 1, "step": 0.3}, f"{WHERE}.high", "like 0.9"),
        ({"low": 1, "high": 8, "step": 0}, f"{WHERE}.step", "above 0"),
        ({"low": 0, "high": 8, "log": True}, f"{WHERE}.low", "above 0"),
        ({"low": 1, "high": 8, "log": True, "step": 1}, f"{WHERE}.step", "logarithmic"),
        ({"low": 1, "high": 8, "log": "yes"}, f"{WHERE}.log", "true or false"),
        ({"low": "x", "high": 8}, f"{WHERE}.low", "a number"),
        ({"low": True, "high": 8}, f"{WHERE}.low", "a number"),
        ({"low": 1}, WHERE, "high"),
        ({"low": 1, "hihg": 8}, WHERE, "did you mean high?"),
        ({"low": 1, "high": 8, "choice": [1]}, WHERE, "{choice: [a, b]}"),
        ({"choice": "a,b"}, WHERE, "{choice: [a, b]}"),
        ({"space": "0.1"}, WHERE, "{choice: [a, b]}"),
        ({}, WHERE, "{choice: [a, b]}"),
        ({"choice": [1], "when": "b"}, f"{WHERE}.when", "optimizer"),
        ({"choice": [1], "when": {"b": []}}, f"{WHERE}.when.b", "at least one"),
    ],
)
def test_a_mistake_in_the_file_names_the_key_and_what_is_allowed(written, key, part):
    error = mistake({"a": written})
    assert error.key == key
    assert part in str(error)


@pytest.mark.parametrize(
    "override", ["a=1,true", "a=choice(", "a=tag(lgo,interval(1,2))", "a=interval(2,1)", "+a=shuffle(1,2)"]
)
def test_a_mistake_on_the_command_line_names_the_key(override):
    assert mistake({}, override).key == "a"


def test_keys_that_hydra_cannot_read_are_refused():
    assert mistake({"a b": [1]}).key == "hydra.sweeper.params.a b"
    assert "delete" in str(mistake({"~a": [1]}))


def test_glob_takes_a_group_s_options():
    class Loader:
        def get_group_options(self, group, results_filter):
            return {"optimizer": ["adam", "nadam", "sgd"]}[group]

    space, _ = parse_space({}, ["optimizer=glob(*adam)"], Loader())
    assert list(space.grid(None)) == [{"optimizer": "adam"}, {"optimizer": "nadam"}]


@pytest.mark.parametrize(
    ("written", "override"),
    [(0.1, "a=0.1"), (1e-5, "a=1e-05"), (None, "a=null"), (True, "a=true"), ("adam", "a=adam"), ("[1,2]", "a=[1,2]")],
)
def test_a_plain_value_in_the_file_is_set_and_not_searched(written, override):
    space, fixed = parse_space({"a": written}, [])
    assert (space.dimensions, fixed) == ((), [override])


@pytest.mark.parametrize(
    ("value", "override"),
    [
        (0.003, "a=0.003"),
        (1.0, "a=1.0"),
        (1, "a=1"),
        (None, "a=null"),
        (False, "a=false"),
        ("adam", "a=adam"),
        ("sub/leaky_relu-2.x", "a=sub/leaky_relu-2.x"),
        ("a b", "a='a b'"),
        ("null", "a='null'"),
        ("True", "a='True'"),
        ("nan", "a='nan'"),
        ("1e3", "a='1e3'"),
        ("", "a=''"),
        ("it's", r"a='it\'s'"),
        ("[1]", "a='[1]'"),
        ([512, 256], "a=[512,256]"),
        ([[1, "x y"], None], "a=[[1,'x y'],null]"),
        ({"low": 1}, "a={low:1}"),
    ],
)
def test_words_by_hand(value, override):
    space, _ = parse_space({"a": [value]}, [])
    [point] = space.grid(None)
    assert space.overrides(point) == [override]
    assert with_types(hydra(override).value()) == with_types(value)


def test_steps_of_a_tenth_are_tenths():
    space, _ = parse_space({"a": {"low": 0, "high": 1, "step": 0.1}}, [])
    tenths = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert [point["a"] for point in space.grid(None)] == tenths
    assert space.overrides({"a": 0.1 + 0.1 + 0.1}) == ["a=0.3"]


def test_a_value_comes_back_in_its_own_type():
    space, _ = parse_space({"a": "int(interval(1,8))", "b": "interval(0,1)", "c": [[1, 2], "x"], "d": [2.0]}, [])
    assert space.overrides({"a": 3.0, "b": 1, "c": "[1,2]", "d": 2}) == ["a=3", "b=1.0", "c=[1,2]", "d=2.0"]


# Any text, and what is likely to be misread.
awkward = st.sampled_from(
    ["null", "TRUE", "1e3", "0x1", "inf", "1_0", "[1]", "{a:1}", "a=b", "$x", "${a}", "${a", "\\", "\\'"]
)
pieces = st.text(st.sampled_from([*"aZ_0.-/ ,:='\"\\$[]{}()\t\n+~@*#é"]), max_size=8)
strings = awkward | pieces | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
floats = st.floats(allow_nan=False)
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | floats | strings
items = scalars | st.lists(scalars, max_size=3) | st.lists(st.lists(scalars, max_size=2), max_size=2)


@given(items)
def test_hydra_reads_back_exactly_what_is_written(value):
    space, _ = parse_space({"a": [value]}, [])
    [point] = space.grid(None)
    [override] = space.overrides(point)
    override = hydra(override)
    assert not override.is_sweep_override()
    assert with_types(override.value()) == with_types(value)


@given(floats.filter(math.isfinite), floats.filter(math.isfinite), st.randoms(use_true_random=False))
def test_a_number_of_an_interval_comes_back_to_the_bit(a, b, chance: random.Random):
    low, high = sorted((a, b))
    value = min(high, max(low, low + chance.random() * (high / 2 - low / 2)))
    assert with_types(reread(FloatDistribution(low, high), value)) == with_types(value)


def as_hydra(value):
    """An element as a user would type it, quoted in one of the two ways."""
    if isinstance(value, str):
        return QuotedString(value, Quote.double if len(value) % 2 else Quote.single).with_quotes()
    if isinstance(value, list):
        return f"[{','.join(map(as_hydra, value))}]"
    return "null" if value is None else str(value).lower()


def distinct(values):
    """Neither equal to Python, nor a list and a string of its text."""
    texts = [repr(v) if not isinstance(v, str | list) else "text" + str(v).replace(" ", "") for v in values]
    return len(set(texts)) == len(texts) and not any(a == b for i, a in enumerate(values) for b in values[:i])


elements = st.none() | st.booleans() | st.integers(-99, 99) | floats | strings | st.lists(st.integers(0, 9), max_size=3)


@given(st.lists(elements, min_size=2, max_size=5).filter(distinct), st.booleans(), st.booleans())
def test_choices_are_hydra_s_elements(values, simple, in_yaml):
    if None in values:
        simple = True  # Hydra's choice(…) refuses null
    body = ",".join(map(as_hydra, values))
    body = body if simple else f"choice({body})"
    elements = [e.text if isinstance(e, QuotedString) else e for e in hydra(f"a={body}").sweep_iterator()]
    if any(isinstance(e, str) and e.startswith("[") for e in elements):
        return  # may be the text of a list beside it
    found = parse_space({"a": body}, [])[0] if in_yaml else parse_space({}, [f"a={body}"])[0]
    overrides = [found.overrides(point)[0] for point in found.grid(None)]
    assert with_types([hydra(override).value() for override in overrides]) == with_types(elements) == with_types(values)


numbers = st.integers(-20, 20) | st.sampled_from([0.1, 0.25, -0.3, 1.5, 2.0, -2.5, 1e-1])


@given(numbers, numbers, numbers.filter(bool))
def test_ranges_are_hydra_s(start, stop, step):
    body = f"range({start},{stop},{step})"
    expected = list(hydra(f"a={body}").sweep_iterator())
    if not expected:
        assert "not empty" in str(mistake({}, f"a={body}"))
        return
    space, _ = parse_space({}, [f"a={body}"])
    assert with_types([point["a"] for point in space.grid(None)]) == with_types(expected)


@given(floats.filter(math.isfinite), floats.filter(math.isfinite), st.booleans())
def test_intervals_have_hydra_s_ends(a, b, whole):
    body = f"int(interval({a!r},{b!r}))" if whole else f"interval({a!r},{b!r})"
    sweep = hydra(f"a={body}").value()
    if sweep.start >= sweep.end:
        assert "below" in str(mistake({}, f"a={body}"))
        return
    found = one(body)
    assert isinstance(found, IntDistribution if whole else FloatDistribution)
    assert with_types([found.low, found.high]) == with_types([sweep.start, sweep.end])


@given(st.integers(-50, 50), st.integers(1, 30), st.sampled_from(["1", "0.1", "0.05", "0.3", "2", "1e-3"]))
def test_a_stepped_interval_starts_low_and_ends_high(low, count, step):
    high = round(low + count * float(step), 6)
    space, _ = parse_space({}, [f"a=tag(step:{step},interval({low},{high!r}))"])
    found = [point["a"] for point in space.grid(None)]
    assert (found[0], found[-1], len(found)) == (low, high, count + 1)
    assert [round(v, 9) for v in found] == [round(low + k * float(step), 9) for k in range(count + 1)]
    assert all(len(repr(v)) < 9 for v in found)  # no 0.30000000000000004
