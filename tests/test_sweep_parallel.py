"""Workers that ask at once, while the others' trials still run, are not all sent to the same point."""

from itertools import pairwise
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

from omegaconf import OmegaConf
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from fmnist.sweep.space.space import Dimension, Space
from fmnist.sweep.study.instantiate import build_sampler
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.sweep.study.trial_sampler import TrialSampler
from options import CONF

FINISHED, WORKERS, STUDIES = 12, 8, 5


def config(seed: int, distribution: BaseDistribution, **changes: Any) -> Any:
    """Of a search for x with the keys of sampler=tpe."""
    tpe: Any = OmegaConf.to_container(OmegaConf.load(CONF / "hydra" / "sweeper" / "sampler" / "tpe.yaml"))

    def sampler_for(number: int, attempt: int = 0) -> Any:
        return build_sampler(tpe | changes, seed, number, attempt)

    options = SimpleNamespace(duplicates=True, pruner={"_target_": "optuna.pruners.NopPruner"})
    space = Space((Dimension("x", distribution),))
    return SimpleNamespace(space=space, fixed={}.get, sampler_for=sampler_for, options=options)


def points_of_eight(folder: Path, seed: int, distribution: BaseDistribution, **changes: Any) -> list[float]:
    """After twelve finished trials, with the best value in the middle, each of eight workers asks once."""
    search = config(seed, distribution, **changes)
    name = f"{seed}-{type(distribution).__name__}-{len(changes)}.journal"
    queue = TrialQueue("s", str(folder / name), lease=60)
    queue.open({}, ["maximize"], FINISHED + WORKERS, [])
    first, middle = TrialSampler(search, queue), distribution.high / 2
    for _ in range(FINISHED):
        asked = first.ask()
        assert asked is not None
        asked[0].study.tell(asked[0], -abs(asked[0].params["x"] - middle))
    found = []
    for _ in range(WORKERS):
        asked = TrialSampler(search, queue).ask()
        assert asked is not None
        found.append(asked[0].params["x"])
    return found


def gap(points: list[float]) -> float:
    """Between the two that are nearest to each other."""
    return min(b - a for a, b in pairwise(sorted(points)))


def test_eight_workers_get_eight_points_of_an_interval(tmp_path: Path) -> None:
    """And keep a greater distance than without the liar."""
    found = [points_of_eight(tmp_path, seed, FloatDistribution(0, 1)) for seed in range(STUDIES)]
    assert [len(set(points)) for points in found] == [WORKERS] * STUDIES
    blind = [points_of_eight(tmp_path, seed, FloatDistribution(0, 1), constant_liar=False) for seed in range(STUDIES)]
    assert median(map(gap, found)) > 2 * median(map(gap, blind))


def test_eight_workers_get_seven_points_of_sixty_four_although_one_may_be_tried_twice(tmp_path: Path) -> None:
    """Unless duplicates are asked for they get eight: test_sweep_trial_sampler.py."""
    found = [points_of_eight(tmp_path, seed, IntDistribution(0, 63)) for seed in range(STUDIES)]
    blind = [points_of_eight(tmp_path, seed, IntDistribution(0, 63), constant_liar=False) for seed in range(STUDIES)]
    assert all(len(set(points)) >= WORKERS - 1 for points in found)
    assert all(len(set(points)) <= WORKERS / 2 for points in blind)
