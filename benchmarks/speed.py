"""python benchmarks/speed.py [all|quick|steps|threads|feel|growth|page]: see docs/performance.md."""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from arms import ARMS
from feel import feel
from growth import growth
from page import tables, terminal, write
from ratios import limit, summary
from rich.console import Console
from rounds import measure
from suite import NETWORKS, Cell, quick_suite, suite
from tools import Result, busy_seconds, child_seconds, machine, rounded

RESULTS = Path(__file__).parent / "results" / "speed.json"
WIDTH = 165  # characters of the widest table
ALL = ("steps", "threads", "growth", "feel")
QUICK = ("steps", "growth", "feel")
FREE = ("ours", "jax step", "jax scan", "torch fused", "torch compile", "matmul")  # whose threads are of interest


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmarks of speed.")
    parser.add_argument("which", nargs="?", default="all", choices=["all", "quick", *ALL, "page"])
    which = parser.parse_args().which
    known: Result = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    whole = {"one_core", "two_cores", "free", "growth", "feel"}
    if which == "page":
        if not whole <= known.keys():
            parser.error(f"{RESULTS} does not have all parts yet")
        publish(known)
        return
    quick, console = which == "quick", Console(width=max(WIDTH, Console().width))
    begin, busy, own = time.perf_counter(), busy_seconds(), child_seconds()
    found: Result = {}
    for part in {"all": ALL, "quick": QUICK}.get(which, (which,)):
        found |= rounded(run(part, quick, console.print))
        seconds = time.perf_counter() - begin
        others = max(0.0, busy_seconds() - busy - (child_seconds() - own)) / seconds
        found |= {"date": date.today().isoformat(), "machine": machine() | versions()}
        found |= {"seconds": round(seconds), "others": round(others, 2)}
        if not quick:  # after each part, for the next may fail
            known |= found
            RESULTS.write_text(dumps(known))
    for title, table in tables(found):
        console.print(terminal(title, table))
    console.print(f"{seconds:.0f} s; others kept {others:.2f} cores busy meanwhile")
    if not quick and whole <= known.keys():
        publish(known)


def run(part: str, quick: bool, say: Callable[[str], None]) -> Result:
    """The results of one of ALL, by their names in speed.json."""
    if part == "steps":
        cells, rounds, passes = (quick_suite(), 3, 1) if quick else (suite(), 5, 3)
        return {"one_core": steps(*(measure(cells, list(ARMS), rounds, say) for _ in range(passes)))}
    if part == "threads":
        cells = [Cell(*network) for network in NETWORKS]
        settings = {"two_cores": (2, 2), "free": (0, 0)}
        return {name: steps(measure(cells, FREE, 3, say, *setting)) for name, setting in settings.items()}
    if part == "growth":
        return {"growth": growth(quick, say)}
    with tempfile.TemporaryDirectory(prefix="fmnist-benchmark-") as tmp:
        return {"feel": feel(Path(tmp), quick, say)}


def steps(*passes: list[Result]) -> Result:
    """Cells with the medians of all passes over the suite, and what each pass alone comes to."""
    cells = [
        {**rows[0], "us": {arm: median(row["us"][arm] for row in rows) for arm in rows[0]["us"]}}
        for rows in zip(*passes, strict=True)
    ]
    each = [{row["name"]: row["ratio"] for row in summary(rows)} for rows in passes]
    found = [{**row, "passes": [one[row["name"]] for one in each]} for row in summary(cells)]
    return {"summary": found, "limit": limit(cells), "cells": cells}


def publish(found: Result) -> None:
    """Pictures and page; matplotlib is imported here, when all is measured."""
    from picture import draw

    draw(found, RESULTS.parent)
    write(found)


def versions() -> Result:
    """Of those that are installed."""
    found = {}
    for name in ("numba", "torch", "jax", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def dumps(found: Result) -> str:
    """JSON with a line for each cell."""
    text = json.dumps(found, indent=2, ensure_ascii=False)
    return re.sub(r"\{\n {8}.*?\n {6}\}", lambda row: json.dumps(json.loads(row[0])), text, flags=re.DOTALL) + "\n"


if __name__ == "__main__":
    main()
