"""The benchmarks of speed compare like with like: a peer that does other work than ours is noticed."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import run
from options import ROOT

FOLDER = ROOT / "benchmarks"


@pytest.fixture(autouse=True, scope="module")
def importable() -> Iterator[None]:
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def small() -> Any:
    from suite import Cell

    return Cell((32, 32), 16, "adam", "tanh")  # smooth: at a kink, rounding alone may switch a unit on


def losses(peer: Any, seed: int = 0) -> list[float]:
    from rounds import CHECKED
    from suite import order

    return peer.losses(order(seed, CHECKED, 16))


@pytest.fixture(scope="module")
def ours(small: Any) -> list[float]:
    from peers.ours import Ours

    return losses(Ours(small, 1))


def test_a_slightly_larger_step_and_another_order_are_noticed(small: Any, ours: list[float]) -> None:
    from peers.ours import Ours
    from rounds import Differs, deviation

    peer = Ours(small, 1)
    peer.parts.optimizer.lr *= 1.01
    for theirs in (losses(peer), losses(Ours(small, 1), seed=1)):
        with pytest.raises(Differs):
            deviation(small, "theirs", ours, theirs)
    assert deviation(small, "again", ours, losses(Ours(small, 1))) == 0
    with pytest.raises(Differs):
        deviation(small, "theirs", ours, [*ours[:-1], float("nan")])


def test_a_peer_does_the_same_work(small: Any, ours: list[float]) -> None:
    """The one that needs no other environment; `make bench` checks them all, and stops where one differs."""
    from peers.scikit_learn import PartialFit
    from peers.start import data
    from rounds import deviation

    assert deviation(small, "sklearn partial_fit", ours, losses(PartialFit(small, 1))) < 1e-5
    falls = 0.9 if data().source == "random" else 0.7  # random bytes can only be learnt by heart
    assert ours[-1] < falls * ours[0]


def test_a_ratio_is_over_the_fastest_form_and_of_the_floor_the_other_way_round() -> None:
    from ratios import slower_than_jax, summary

    rows = [
        {"cell": "a", "us": {"ours": 100.0, "jax step": 300.0, "jax scan": 200.0, "matmul": 80.0}},
        {"cell": "b", "us": {"ours": 100.0, "jax step": 50.0, "jax scan": 70.0, "matmul": 100.0}},
    ]
    jax, floor = summary(rows)
    assert (jax["ratio"], jax["met"]) == (pytest.approx(1.0), False)  # √(200/100 · 50/100)
    assert (jax["least"], jax["most"]) == (["b", 0.5], ["a", 2.0])
    assert (floor["ratio"], floor["met"]) == (pytest.approx(1.25**0.5), True)
    assert slower_than_jax(rows) == ["b"]


def test_a_limit_is_the_products_at_the_best_rate() -> None:
    from ratios import limit
    from suite import Cell

    assert Cell((10,), 2).flops == 2 * 2 * (2 * 784 * 10 + 3 * 10 * 10)
    flops = Cell((10,), 2).flops
    rows = [
        {"hidden": [10], "batch": 2, "us": {"ours": 9.0, "jax scan": flops / 250, "matmul": flops / 1000}},
        {"hidden": [10], "batch": 2, "us": {"ours": 9.0, "jax scan": flops / 1000, "matmul": flops / 500}},
    ]
    assert limit(rows) == {"gflops": pytest.approx(1), "ratio": pytest.approx(2)}  # √(4 · 1)


def test_a_cell_is_the_median_of_the_passes() -> None:
    from speed import steps

    def of(ours: float) -> list[dict[str, Any]]:
        return [{"cell": "a", "hidden": [10], "batch": 2, "us": {"ours": ours, "jax scan": 300.0, "matmul": 80.0}}]

    found = steps(of(100), of(300), of(200))
    assert found["cells"][0]["us"]["ours"] == 200
    assert [row["ratio"] for row in found["summary"]] == [pytest.approx(1.5), pytest.approx(2.5)]
    assert found["summary"][0]["passes"] == [pytest.approx(3), pytest.approx(1), pytest.approx(1.5)]


def test_a_worker_builds_and_times_a_peer_and_says_what_it_cannot_build(small: Any) -> None:
    import worker
    from peers import Unsupported

    with worker.Worker() as process:
        process.call(worker.build, "sklearn partial_fit", small, 1)
        process.call(worker.warm_up)
        assert process.call(worker.window, 1, 0) > 0
        with pytest.raises(Unsupported, match="scikit-learn has no nadam"):
            process.call(worker.build, "sklearn partial_fit", small._replace(optimizer="nadam"), 1)
        with pytest.raises(Unsupported, match="KeyError: 'none'"):
            process.call(worker.build, "sklearn partial_fit", small._replace(optimizer="none"), 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system cannot pin a process")
def test_a_program_is_timed_on_its_cores_and_its_failure_is_shown(tmp_path: Path) -> None:
    from process import pin_cores, run

    log = tmp_path / "log"
    script = "import os; data = b'x' * 200_000_000; print(len(os.sched_getaffinity(0)), os.environ['GREETING'])"
    before = os.sched_getaffinity(0)
    ended = run([sys.executable, "-c", script], log, cores=1, GREETING="hello")
    assert log.read_text() == "1 hello\n"
    assert 200 < ended.peak_mb < 2000
    assert ended.cpu > 0
    assert ended.seconds > 0
    with pin_cores(1):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before
    with pytest.raises(SystemExit, match=r"exit code 3 of .*\nno such thing"):
        run([sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"], log)


def test_results_are_rounded_and_an_update_keeps_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import results

    monkeypatch.setattr(results, "FOLDER", tmp_path)
    assert results.load("speed") == {}
    results.save("speed", {"growth": [1], "seconds": 2})
    assert results.save("speed", results.round_all({"seconds": 1.23456, "cells": (0.00012346, 7)})) == {
        "growth": [1],
        "seconds": 1.235,
        "cells": [0.0001235, 7],
    }
    assert results.load("speed")["cells"] == [0.0001235, 7]


def test_the_page_shows_the_stored_results() -> None:
    import results
    from page import details, findings, text

    page = (ROOT / "docs" / "performance.md").read_text()
    found = results.load("speed")
    for table in text(findings(found)):
        assert table in page
    assert "\n\n".join(text(details(found))) in (FOLDER / "results" / "speed.md").read_text()


def test_the_command_knows_its_parts() -> None:
    done = run(str(FOLDER / "speed.py"), "--help", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "{all,quick,steps,threads,growth,feel,page}" in done.stdout
