"""The results as tables: on the terminal, and between two marks in docs/performance.md."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from arms import ARMS
from feel import TARGET
from ratios import GOALS, slower_than_jax
from rich.table import Table
from tools import ROOT, Result

PAGE = ROOT / "docs" / "performance.md"
MARKS = "<!-- results: written by benchmarks/speed.py -->", "<!-- end of results -->"
PARTS = {
    "one_core": "One core, one thread",
    "two_cores": "Two cores, two threads",
    "free": "All cores, the libraries choose their threads",
}

Cells = list[list[str]]  # a table: the head, then rows


def tables(found: Result) -> Iterator[tuple[str, Cells]]:
    """(title, table) for everything that was measured."""
    for name, title in PARTS.items():
        if part := found.get(name):
            yield title, goals(part)
            yield f"{title}: µs per step", cells(part["cells"])
            if any(row["missing"] for row in part["cells"]):
                yield f"{title}: what is missing", missing(part["cells"])
    if part := found.get("feel"):
        yield "What a user feels", felt(part)
    if part := found.get("growth"):
        yield "Growth: our time in multiples of the matrix products'", grown(part)


def goals(part: Result) -> Cells:
    head = ["against", "times as fast", "each pass", "goal", "", "least", "most", "cells"]
    rows = [
        [
            row["name"],
            f"{row['ratio']:.2f}",
            ", ".join(f"{ratio:.2f}" for ratio in row["passes"]),
            row["goal"],
            "met" if row["met"] else "not met",
            "{1:.2f} ({0})".format(*row["least"]),
            "{1:.2f} ({0})".format(*row["most"]),
            str(row["cells"]),
        ]
        for row in part["summary"]
    ]
    slower = slower_than_jax(part["cells"])
    rows.append(["cells in which JAX is faster", str(len(slower)), "", "0", "not met" if slower else "met", "", "", ""])
    if (possible := part["limit"])["ratio"]:
        name = f"JAX, if a step were products alone at the best rate seen ({possible['gflops']:.0f} GFLOP/s)"
        rows.append([name, f"{possible['ratio']:.2f}", "", "", "", "", "", ""])
    return [head, *rows]


def cells(rows: Sequence[Result]) -> Cells:
    arms = [arm for arm in ARMS if any(arm in row["us"] for row in rows)]
    return [
        ["cell", *arms, "JAX / ours", "ours / matmul"],
        *(
            [
                row["cell"],
                *(f"{row['us'][arm]:,.0f}" if arm in row["us"] else "–" for arm in arms),
                *(f"{ratio:.2f}" if (ratio := goal.ratio(row["us"])) else "–" for goal in (GOALS[0], GOALS[-1])),
            ]
            for row in rows
        ),
    ]


def missing(rows: Sequence[Result]) -> Cells:
    counts = Counter(pair for row in rows for pair in row["missing"].items())
    return [["peer", "why", "cells"], *([arm, why, str(count)] for (arm, why), count in sorted(counts.items()))]


def felt(part: Result) -> Cells:
    rows = [
        ["`python train.py --help`", part["help_seconds"], "s", 0.7],
        ["Enter to the first training step, `tracker=none`", part.get("first_step_none_seconds"), "s", 1.2],
        ["the same, wandb offline", part.get("first_step_wandb_seconds"), "s", 2.0],
        ["peak memory of the default run", part["peak_default_mb"], "MB", 250],
        ["peak memory with 1024-1024", part["peak_1024_1024_mb"], "MB", 300],
        ["memory of a sweep's worker beyond the first", part["sweep_worker_mb"], "MB", 150],
    ]
    if runs := part["speedrun"]:
        reached = sum(run["reached"] for run in runs)
        name = f"`experiment=speedrun`, one core, median of 5 seeds ({reached} reach a test accuracy of {TARGET})"
        rows.append([name, median(run["seconds"] for run in runs), "s", 15])
    shown = [
        [name, f"{value:.{2 if unit == 's' else 0}f} {unit}", f"{goal} {unit}", "met" if value < goal else "not met"]
        for name, value, unit, goal in rows
        if value is not None
    ]
    return [["what", "measured", "goal: below", ""], *shown]


def grown(part: Result) -> Cells:
    """Where the products' own growth is better than ours, the multiples rise."""
    rows = [["what grows", "multiples, from the smallest size to the largest"]]
    for name in ("examples", "width", "depth"):
        row = part[name]
        steps = zip(row["sizes"], row["ours"], row["matmul"], strict=True)
        rows.append([name, "  ".join(f"{size:,}: {ours / floor:.2f}" for size, ours, floor in steps)])
    return rows


def terminal(title: str, table: Cells) -> Table:
    head, *rows = table
    shown = Table(title=title, title_justify="left")
    for i, name in enumerate(head):
        shown.add_column(name.replace(" ", "\n", 1) if i else name, justify="right" if i else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    return shown


def markdown(table: Cells) -> str:
    head, *rows = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([head, "|" + "---|" * len(table[0]), *rows])


def write(found: Result) -> None:
    """Put the tables and the pictures of these results into the page."""
    machine = ", ".join(f"{key} {value}" for key, value in found["machine"].items())
    lines = [f"From the run of {found['date']}: {machine}. Others kept {found['others']:.2f} cores busy meanwhile."]
    for title, table in tables(found):
        lines += [f"### {title}", markdown(table)]
        if title == PARTS["one_core"]:
            lines.append("![the ratios of all cells](../benchmarks/results/speed.svg)")
    lines.append("![an epoch's cost as examples, width and depth grow](../benchmarks/results/growth.svg)")
    between = "\n\n".join([MARKS[0], *lines, MARKS[1]])
    page = re.sub(f"{re.escape(MARKS[0])}.*{re.escape(MARKS[1])}", lambda _: between, PAGE.read_text(), flags=re.DOTALL)
    PAGE.write_text(page)
