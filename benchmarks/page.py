"""The results as tables: findings for docs/performance.md, between two marks; every cell in results/speed.md."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from feel import TARGET
from peers import PEERS
from process import ROOT
from ratios import FLOOR, JAX, slower_than_jax
from results import FOLDER, Result, table

PAGE = ROOT / "docs" / "performance.md"
MARKS = "<!-- results: written by benchmarks/speed.py -->", "<!-- end of results -->"
STEPS = {
    "one_core": "One core, one thread",
    "two_cores": "Two cores, two threads",
    "free": "All cores, the libraries choose their threads",
}

Rows = list[list[str]]  # a table: the head, then rows


def findings(found: Result) -> Iterator[tuple[str, Rows]]:
    """(title, table) of what was measured, as far as it was."""
    for name, title in STEPS.items():
        if part := found.get(name):
            yield title, goals(part)
    if part := found.get("feel"):
        yield "What a user feels", feel(part)
    if part := found.get("growth"):
        yield "Growth: our time in multiples of the matrix products'", growth(part)


def details(found: Result) -> Iterator[tuple[str, Rows]]:
    """(title, table) of every cell."""
    for name, title in STEPS.items():
        if part := found.get(name):
            yield f"{title}: µs per step", cells(part["cells"])
            if any(row["missing"] for row in part["cells"]):
                yield f"{title}: what is missing", missing(part["cells"])


def goals(part: Result) -> Rows:
    rows = [["against", "times as fast", "each pass", "goal", "", "least", "most", "cells"]]
    for row in part["summary"]:
        (least, low), (most, high) = row["least"], row["most"]
        passes = ", ".join(f"{ratio:.2f}" for ratio in row["passes"])
        extremes = [f"{low:.2f} ({least})", f"{high:.2f} ({most})", str(row["cells"])]
        rows.append([row["name"], f"{row['ratio']:.2f}", passes, row["goal"], met(row["met"]), *extremes])
    slower = len(slower_than_jax(part["cells"]))
    rows.append(["cells in which JAX is faster", str(slower), "", "0", met(not slower), "", "", ""])
    if (limit := part["limit"])["ratio"]:
        name = f"JAX, if a step were products alone at the best rate seen ({limit['gflops']:.0f} GFLOP/s)"
        rows.append([name, f"{limit['ratio']:.2f}", *[""] * 6])
    return rows


def met(is_met: bool) -> str:
    return "met" if is_met else "not met"


def cells(rows: Sequence[Result]) -> Rows:
    def figure(value: float | None, digits: int) -> str:
        return "–" if value is None else f"{value:,.{digits}f}"

    peers = [peer for peer in PEERS if any(peer in row["us"] for row in rows)]
    table = [["cell", *peers, "JAX / ours", "ours / matmul"]]
    for us, name in ((row["us"], row["cell"]) for row in rows):
        ratios = [figure(goal.ratio(us), 2) for goal in (JAX, FLOOR)]
        table.append([name, *(figure(us.get(peer), 0) for peer in peers), *ratios])
    return table


def missing(rows: Sequence[Result]) -> Rows:
    counts = Counter(pair for row in rows for pair in row["missing"].items())
    return [["peer", "why", "cells"], *([peer, why, str(count)] for (peer, why), count in sorted(counts.items()))]


def feel(part: Result) -> Rows:
    figures = [
        ("`python train.py --help`", part["help_seconds"], "s", 0.7),
        ("Enter to the first training step, `tracker=none`", part["first_step_none_seconds"], "s", 1.2),
        ("the same, wandb offline", part["first_step_wandb_seconds"], "s", 2.0),
        ("peak memory of the default run", part["peak_default_mb"], "MB", 250),
        ("peak memory with 1024-1024", part["peak_1024_1024_mb"], "MB", 300),
        ("memory of a sweep's worker beyond the first", part.get("sweep_worker_mb"), "MB", 150),
    ]
    if runs := part["speedrun"]:
        reached = sum(run["reached"] for run in runs)
        name = f"`experiment=speedrun`, one core, median of 5 seeds ({reached} reach a test accuracy of {TARGET})"
        figures.append((name, median(run["seconds"] for run in runs), "s", 15))
    rows = [
        [name, f"{value:.{2 if unit == 's' else 0}f} {unit}", f"{goal} {unit}", met(value < goal)]
        for name, value, unit, goal in figures
        if value is not None
    ]
    return [["what", "measured", "goal: below", ""], *rows]


def growth(part: Result) -> Rows:
    """Where the products' own growth is better than ours, the multiples rise."""
    rows = [["what grows", "multiples, from the smallest size to the largest"]]
    for name in ("examples", "width", "depth"):
        row = part[name]
        sizes = zip(row["sizes"], row["ours"], row["matmul"], strict=True)
        rows.append([name, "  ".join(f"{size:,}: {ours / floor:.2f}" for size, ours, floor in sizes)])
    return rows


def publish(found: Result) -> None:
    """Write the tables and draw the pictures."""
    from picture import draw  # matplotlib, when all is measured

    draw(found)
    machine = ", ".join(f"{key} {value}" for key, value in found["machine"].items())
    source = f"From the run of {found['date']}: {machine}. Others kept {found['others']:.2f} cores busy meanwhile."
    between = "\n\n".join([MARKS[0], source, *text(findings(found)), MARKS[1]])
    page = re.sub(f"{re.escape(MARKS[0])}.*{re.escape(MARKS[1])}", lambda _: between, PAGE.read_text(), flags=re.DOTALL)
    PAGE.write_text(page)
    (FOLDER / "speed.md").write_text("\n\n".join(["# Every cell", source, *text(details(found))]) + "\n")


def text(tables: Iterable[tuple[str, Rows]]) -> Iterator[str]:
    for title, rows in tables:
        yield f"### {title}\n\n{table(rows)}"
