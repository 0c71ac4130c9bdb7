"""A search space: what is searched, under which conditions, in which order; a condition never leaks."""

import itertools
import json

import optuna
import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from fmnist.errors import ConfigError
from fmnist.sweep.space.parse import parse_space
from fmnist.sweep.space.space import Dimension, Space

MOMENTUM = {
    "optimizer": ["sgd", "momentum", "nesterov"],
    "optimizer.momentum": {"choice": [0.8, 0.9], "when": {"optimizer": ["momentum", "nesterov"]}},
}


def nothing(key):
    raise AssertionError(f"{key} is searched, or not asked for")


def keys(space):
    return [d.key for d in space.dimensions]


def choice(key, values, **when):
    return Dimension(key, CategoricalDistribution(values), when)


def test_the_file_comes_first_then_the_command_line():
    space, fixed = parse_space({"b": [1, 2], "c": 3}, ["a=1,2", "x=y", "b=5,6", "+d=interval(0,1)"])
    assert keys(space) == ["b", "a", "d"]
    assert space.dimensions[0].distribution.choices == (5, 6)
    assert fixed == ["c=3", "x=y"]


def test_a_plain_word_takes_its_key_out_of_the_search():
    space, fixed = parse_space(MOMENTUM, ["optimizer.momentum=0.5", "seed=1"])
    assert (keys(space), fixed) == (["optimizer"], ["optimizer.momentum=0.5", "seed=1"])


def test_a_sweep_on_the_command_line_replaces_the_dimension_and_keeps_its_condition():
    space, _ = parse_space(MOMENTUM, ["optimizer.momentum=interval(0,0.5)"])
    assert keys(space) == ["optimizer", "optimizer.momentum"]
    assert space.dimensions[1].distribution == FloatDistribution(0, 0.5)
    assert space.dimensions[1].when == {"optimizer": ("momentum", "nesterov")}


def test_the_last_word_of_a_key_counts():
    assert parse_space({}, ["a=1,2", "a=3"])[1] == ["a=3"]
    space, fixed = parse_space({"a": 5}, ["a=3", "a=1,2"])
    assert (keys(space), fixed) == (["a"], [])
    assert parse_space({"a": 5}, ["a=6", "a=7"])[1] == ["a=7"]
    assert parse_space({"+a": 5}, ["a=6"])[1] == ["a=6"]


def test_prefixes_are_written_back():
    space, fixed = parse_space({"+b": [1, 2]}, ["+a=1,2", "++c=range(3,5)", "db@backup=x,y", "~d", "++e=1", "b=3,4"])
    assert keys(space) == ["b", "a", "c", "db@backup"]
    assert fixed == ["~d", "++e=1"]
    assert space.overrides({"a": 1, "b": 3, "c": 3, "db@backup": "x"}) == ["+b=3", "+a=1", "++c=3", "db@backup=x"]


def test_a_deleted_key_is_not_searched_unless_it_is_added_again():
    assert [keys(parse_space({"a": [1, 2]}, ["~a"])[0]), parse_space({"a": [1, 2]}, ["~a"])[1]] == [[], ["~a"]]
    space, fixed = parse_space({}, ["~a", "+a=1,2"])
    assert (keys(space), fixed) == (["a"], ["~a"])
    assert parse_space({}, ["~a", "+a=1"])[1] == ["~a", "+a=1"]


def test_a_dimension_stands_behind_those_its_condition_names():
    space = Space((choice("a", [1], c=(1,)), choice("b", [1]), choice("c", [1], d=(1,)), choice("d", [1])))
    assert keys(space) == ["b", "d", "c", "a"]


def test_the_grid_leaves_out_what_does_not_exist():
    space, _ = parse_space(MOMENTUM | {"seed": [1, 2]}, [])
    points = [" ".join(space.overrides(point)) for point in space.grid(nothing)]
    assert points == [
        "optimizer=sgd seed=1",
        "optimizer=sgd seed=2",
        "optimizer=momentum optimizer.momentum=0.8 seed=1",
        "optimizer=momentum optimizer.momentum=0.8 seed=2",
        "optimizer=momentum optimizer.momentum=0.9 seed=1",
        "optimizer=momentum optimizer.momentum=0.9 seed=2",
        "optimizer=nesterov optimizer.momentum=0.8 seed=1",
        "optimizer=nesterov optimizer.momentum=0.8 seed=2",
        "optimizer=nesterov optimizer.momentum=0.9 seed=1",
        "optimizer=nesterov optimizer.momentum=0.9 seed=2",
    ]


def test_nested_conditions():
    """c needs b = 1, whatever b would be; b needs a = 1."""
    space = Space((choice("a", [0, 1]), choice("b", [1, 2], a=(1,)), choice("c", ["x", "y"], b=(1,))))
    assert list(space.grid(nothing)) == [
        {"a": 0},
        {"a": 1, "b": 1, "c": "x"},
        {"a": 1, "b": 1, "c": "y"},
        {"a": 1, "b": 2},
    ]


def test_an_inactive_key_is_not_looked_up_in_the_configuration():
    space = Space((choice("a", [0]), choice("b", [1], a=(1,)), choice("c", [1], b=(1,))))
    assert list(space.grid({"a": 1, "b": 1}.get)) == [{"a": 0}]


def test_conditions_on_keys_that_are_not_searched():
    space = Space((choice("a", [1], model=("mlp",), norm=(None, "batch")),))
    config = {"model": "mlp", "norm": None}
    assert list(space.grid(config.get)) == [{"a": 1}]
    assert list(space.grid((config | {"norm": "batch"}).get)) == [{"a": 1}]
    assert list(space.grid((config | {"norm": "layer"}).get)) == [{}]
    assert list(space.grid((config | {"model": "x"}).get)) == [{}]


def test_true_does_not_meet_a_condition_on_1():
    space = Space((choice("a", ["x"], b=(1,)),))
    assert list(space.grid({"b": True}.get)) == [{}]
    assert list(space.grid({"b": 1.0}.get)) == [{"a": "x"}]


def test_an_optimizer_fixed_on_the_command_line_decides_conditions():
    space, fixed = parse_space(MOMENTUM, ["optimizer=momentum"])
    assert fixed == ["optimizer=momentum"]
    assert list(space.grid({"optimizer": "momentum"}.get)) == [{"optimizer.momentum": 0.8}, {"optimizer.momentum": 0.9}]
    assert list(space.grid({"optimizer": "sgd"}.get)) == [{}]


def test_the_command_line_may_narrow_what_a_condition_names():
    space, _ = parse_space(MOMENTUM, ["optimizer=adam,nadam"])
    assert list(space.grid(nothing)) == [{"optimizer": "adam"}, {"optimizer": "nadam"}]


@pytest.mark.parametrize(
    ("other", "value", "possible"),
    [
        (["sgd", "momentum"], "momentm", "did you mean momentum?"),
        ([1, 2], True, "among 1, 2"),
        ("int(interval(1,8))", 9, "1 … 8"),
        ("int(interval(1,8))", 2.5, "1 … 8"),
        ("range(1,9,2)", 4, "1 … 7 step 2"),
        ("interval(0,1)", "x", "0.0 … 1.0"),
        ("tag(step:0.1,interval(0,1))", 0.25, "step 0.1"),
    ],
)
def test_a_condition_that_can_never_hold_is_refused(other, value, possible):
    with pytest.raises(ConfigError) as caught:
        parse_space({"a": other, "b": {"choice": [1, 2], "when": {"a": ["never", value][1:]}}}, [])
    assert caught.value.key == "hydra.sweeper.params.b.when.a"
    assert possible in str(caught.value)


@pytest.mark.parametrize(
    ("other", "value"),
    [([[1, 2], 3], [[1, 2]]), ("range(1,9,2)", 5), ("tag(step:0.1,interval(0,1))", 0.3), ("interval(0,1)", 1)],
)
def test_a_condition_that_can_hold_is_accepted(other, value):
    space, _ = parse_space({"a": other, "b": {"choice": [1, 2], "when": {"a": value}}}, [])
    assert keys(space) == ["a", "b"]


@pytest.mark.parametrize(
    ("when", "circle"),
    [({"a": "a"}, "a → a"), ({"a": "b", "b": "a"}, "a → b → a"), ({"a": "b", "b": "c", "c": "b"}, "b → c → b")],
)
def test_conditions_in_a_circle_are_refused(when, circle):
    params = {key: {"choice": [1]} | ({"when": {when[key]: 1}} if key in when else {}) for key in "abc"}
    with pytest.raises(ConfigError) as caught:
        parse_space(params, [])
    assert caught.value.key == f"hydra.sweeper.params.{circle[0]}.when"
    assert circle in str(caught.value)


def test_suggest_asks_only_for_what_exists():
    space, _ = parse_space(MOMENTUM, ["optimizer.lr=tag(log,interval(1e-4,1e-1))", "n=int(interval(1,8))"])
    params = {"optimizer": "sgd", "optimizer.lr": 0.003, "n": 2}
    assert space.suggest(optuna.trial.FixedTrial(params), nothing) == params
    params |= {"optimizer": "nesterov", "optimizer.momentum": 0.9}
    trial = optuna.trial.FixedTrial(params)
    assert space.suggest(trial, nothing) == params
    assert trial.distributions == {
        "optimizer": CategoricalDistribution(["sgd", "momentum", "nesterov"]),
        "optimizer.momentum": CategoricalDistribution([0.8, 0.9]),
        "optimizer.lr": FloatDistribution(1e-4, 1e-1, log=True),
        "n": IntDistribution(1, 8),
    }


def test_suggested_steps_are_exact_and_can_be_enqueued():
    space, _ = parse_space({"a": {"low": 0, "high": 1, "step": 0.1}}, [])
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    tenths = [point["a"] for point in space.grid(nothing)]
    for value in tenths:
        study.enqueue_trial({"a": value})
    assert [space.suggest(study.ask(), nothing)["a"] for _ in tenths] == tenths
    assert {space.suggest(study.ask(), nothing)["a"] for _ in range(50)} <= set(tenths)


def test_is_discrete():
    assert parse_space({}, ["a=1,2", "b=range(1,3)", "c=int(interval(1,9))", "d=tag(step:0.5,interval(0,1))"])[
        0
    ].is_discrete
    assert not parse_space({}, ["a=1,2", "b=interval(1,3)"])[0].is_discrete
    assert Space(()).is_discrete
    assert list(Space(()).grid(nothing)) == [{}]


def test_a_grid_of_an_interval_is_refused_at_once():
    with pytest.raises(ConfigError, match=r"b=0.0 … 1.0: allowed is a choice"):
        parse_space({}, ["a=1,2", "b=interval(0,1)"])[0].grid(nothing)


def test_words_refuse_a_stranger():
    with pytest.raises(KeyError, match="lr"):
        parse_space({}, ["a=1,2"])[0].overrides({"a": 1, "lr": 0.1})


def test_lines():
    space, _ = parse_space(
        MOMENTUM
        | {"optimizer.lr": {"low": 1e-4, "high": 0.1, "log": True}, "n": "range(2,9,3)", "m": {"low": 1, "high": 4}},
        ["+seed=1,2"],
    )
    assert space.lines() == [
        "optimizer           sgd, momentum, nesterov",
        "optimizer.momentum  0.8, 0.9                 when optimizer=momentum|nesterov",
        "optimizer.lr        0.0001 … 0.1 log",
        "n                   2 … 8 step 3",
        "m                   1 … 4 integer",
        "+seed               1, 2",
    ]
    assert Space(()).lines() == []


def test_describe_is_the_same_for_the_same_space_in_another_order():
    a, _ = parse_space({"x": [1, "b"], "y": {"low": 1, "high": 4, "when": {"x": [1, "b"], "z": 2}}}, [])
    b, _ = parse_space({"y": {"low": 1, "high": 4, "when": {"z": 2, "x": ["b", 1]}}, "x": [1, "b"]}, [])
    assert a.describe() == b.describe()
    assert json.loads(json.dumps(a.describe())) == a.describe()


DIFFERENT = [
    [1, 2],
    [2, 1],
    [1.0, 2.0],
    ["1", "2"],
    [1, 2, 3],
    [True, 2],
    [[1], 2],
    ["[1]", 2],
    "range(1,3)",
    "range(1,4)",
    "range(1,4,2)",
    "interval(1,2)",
    "interval(1,3)",
    "interval(0,2)",
    "tag(log,interval(1,2))",
    "tag(step:1,interval(1,2))",
    "tag(step:0.5,interval(1,2))",
    "tag(log,int(interval(1,2)))",
    {"choice": [1, 2], "when": {"b": 1}},
    {"choice": [1, 2], "when": {"b": "1"}},
    {"choice": [1, 2], "when": {"b": [1, 2]}},
    {"choice": [1, 2], "when": {"c": 1}},
]


def test_describe_differs_for_different_spaces():
    found = [parse_space({"a": written}, [])[0].describe() for written in DIFFERENT] + [{}]
    found += [parse_space({"b": [1, 2]}, [])[0].describe(), parse_space({"a": [1, 2], "b": [1, 2]}, [])[0].describe()]
    found = json.loads(json.dumps(found))
    for a, b in itertools.combinations(range(len(found)), 2):
        assert found[a] != found[b], (a, b)


# Command lines of choices and ranges, as Hydra's own sweeper takes them. It reads choice('1') as '1' and passes on 1,
# so overrides are not quoted here; test_space_grammar has the quoted ones.
sweeps = st.sampled_from(
    [
        "1,2,3",
        "a,b",
        "choice(x,1.5)",
        "range(1,4)",
        "range(3,0,-1)",
        "range(0,1,0.3)",
        "[1],[2,3]",
        "0.1,null",
        "sort(2,1)",
    ]
)
plains = st.sampled_from(["1", "adam", "[1,2]", "null"])


@settings(deadline=None, max_examples=50)  # Hydra's parser takes a millisecond an override
@given(st.dictionaries(st.sampled_from(["a", "b.c", "+d", "++e", "f@g"]), sweeps | plains, max_size=3))
def test_the_grid_is_in_hydra_s_order(command):
    overrides = [f"{key}={value}" for key, value in command.items()]
    parser = OverridesParser.create()
    [expected] = BasicSweeper.split_arguments(parser.parse_overrides(overrides), None)
    space, fixed = parse_space({}, overrides)
    searched = {p + key for key in keys(space) for p in ("", "+", "++")}

    def read(job):
        return {override.partition("=")[0]: repr(parser.parse_override(override).value()) for override in job}

    found = [space.overrides(point) for point in space.grid(nothing)]
    assert [read([*fixed, *job]) for job in found] == [read(job) for job in expected]
    assert [[override.partition("=")[0] for override in job] for job in found] == [
        [key for key in command if key in searched] for _ in expected
    ]


@st.composite
def spaces(pick):
    """Random spaces whose conditions name earlier or later dimensions, or "fixed", in any order of writing."""
    names = pick(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True))
    dimensions = []
    for i, key in enumerate(names):
        others = [*names[:i], "fixed"]
        when = pick(st.dictionaries(st.sampled_from(others), st.sets(st.integers(0, 2), min_size=1), max_size=2))
        kind = pick(
            st.sampled_from([CategoricalDistribution(range(3)), IntDistribution(0, 2), CategoricalDistribution([1, 3])])
        )
        dimensions.append(Dimension(key, kind, {k: tuple(v) for k, v in when.items()}))
    return Space(tuple(pick(st.permutations(dimensions))))


def fits(point, space, fixed):
    """A dimension is in the point if and only if its conditions hold in the point."""
    known = {"fixed": fixed} | point
    return all(
        (d.key in point) == all(known.get(key, "absent") in allowed for key, allowed in d.when.items())
        for d in space.dimensions
    )


@given(spaces(), st.integers(0, 2))
def test_the_grid_is_every_valid_point_once(space, fixed):
    found = list(space.grid({"fixed": fixed}.get))
    absent = object()
    every = itertools.product(
        *[
            [absent, *(d.distribution.choices if hasattr(d.distribution, "choices") else range(3))]
            for d in space.dimensions
        ]
    )
    points = [{k: v for k, v in zip(keys(space), values, strict=True) if v is not absent} for values in every]
    expected = [point for point in points if fits(point, space, fixed)]
    assert sorted(map(repr, found)) == sorted(map(repr, expected))
    assert len({repr(point) for point in found}) == len(found)


@given(spaces(), st.integers(0, 2), st.integers(0, 99))
def test_suggested_points_meet_the_conditions(space, fixed, seed):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    trial = study.ask()
    point = space.suggest(trial, {"fixed": fixed}.get)
    assert point == trial.params
    assert fits(point, space, fixed)
    assert len(space.overrides(point)) == len(point)


@pytest.fixture(autouse=True, scope="module")
def quiet():
    """Optuna reports every study on the terminal."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)
