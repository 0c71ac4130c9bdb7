"""python benchmarks/speed.py [all|quick|steps|threads|growth|feel|page]: see docs/performance.md."""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from feel import measure_feel
from growth import measure_growth
from page import details, findings, publish, text
from peers import PEERS
from process import Load
from ratios import limit, summary
from results import Result, load, round_all, save, stamp
from rounds import measure
from suite import NETWORKS, Cell, full_suite, quick_suite

PARTS = ("steps", "threads", "growth", "feel")
QUICK = ("steps", "growth", "feel")
SEVERAL_THREADS = ("ours", "jax step", "jax scan", "torch fused", "torch compile", "matmul")
ALL_RESULTS = {"one_core", "two_cores", "free", "growth", "feel"}  # what the page shows


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmarks of speed.")
    parser.add_argument("which", nargs="?", default="all", choices=["all", "quick", *PARTS, "page"])
    which = parser.parse_args().which
    quick, clock = which == "quick", Load()
    found, stored = Result(), load("speed")
    for part in {"all": PARTS, "quick": QUICK, "page": ()}.get(which, (which,)):
        found |= round_all(run(part, quick))
        found |= stamp() | {"seconds": round(clock.seconds), "others": round(clock.others, 2)}
        if not quick:  # after each part, for the next may fail
            stored = save("speed", found)
    print(*text(findings(found)), *text(details(found)), "", sep="\n\n")
    print(f"{clock.seconds:.0f} s; others kept {clock.others:.2f} cores busy meanwhile")
    if quick:
        return
    if stored.keys() >= ALL_RESULTS:
        publish(stored)
    elif which == "page":
        parser.error(f"results/speed.json lacks {', '.join(sorted(ALL_RESULTS - stored.keys()))}")


def run(part: str, quick: bool) -> Result:
    """The results of one of PARTS, by their names in speed.json."""
    if part == "steps":
        cells, rounds, passes = (quick_suite(), 3, 1) if quick else (full_suite(), 5, 3)
        return {"one_core": steps(*(measure(cells, PEERS, rounds) for _ in range(passes)))}
    if part == "threads":
        cells = [Cell(*network) for network in NETWORKS]
        settings = {"two_cores": (2, 2), "free": (0, 0)}
        return {name: steps(measure(cells, SEVERAL_THREADS, 3, *setting)) for name, setting in settings.items()}
    if part == "growth":
        return {"growth": measure_growth(quick)}
    with tempfile.TemporaryDirectory(prefix="fmnist-benchmark-") as tmp:
        return {"feel": measure_feel(Path(tmp), quick)}


def steps(*passes: list[Result]) -> Result:
    """Cells with the medians of all passes over the suite, and what each pass alone comes to."""
    cells = [
        {**rows[0], "us": {peer: median(row["us"][peer] for row in rows) for peer in rows[0]["us"]}}
        for rows in zip(*passes, strict=True)
    ]
    ratios = [{row["name"]: row["ratio"] for row in summary(rows)} for rows in passes]
    found = [{**row, "passes": [of_pass[row["name"]] for of_pass in ratios]} for row in summary(cells)]
    return {"summary": found, "limit": limit(cells), "cells": cells}


if __name__ == "__main__":
    main()
