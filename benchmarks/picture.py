"""Two pictures of results/speed.json: the ratios of all cells, and how an epoch's cost grows."""

from typing import Any

import matplotlib
from matplotlib.figure import Figure
from ratios import GOALS
from results import FOLDER, Result

STYLE: dict[Any, Any] = {"svg.hashsalt": "fmnist", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def draw(found: Result) -> None:
    """speed.svg and growth.svg."""
    with matplotlib.rc_context(STYLE):
        for name, height, panels in (("speed", 4.5, ratios), ("growth", 3, growth)):
            figure = Figure(figsize=(9, height), layout="constrained")
            panels(found, figure)
            figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})


def ratios(found: Result, figure: Figure) -> None:
    """A column for each goal: every cell a point, coloured by network, the geometric mean and the goal as lines."""
    part = found["one_core"]
    means = {row["name"]: row["ratio"] for row in part["summary"]}
    goals = [goal for goal in GOALS if goal.name in means]
    axes = figure.subplots()
    networks: dict[str, list[Result]] = {}
    for row in part["cells"]:
        networks.setdefault(row["cell"].split()[0], []).append(row)
    for n, (name, rows) in enumerate(networks.items()):
        shift = (n - (len(networks) - 1) / 2) * 0.1
        points = [(i + shift, r) for i, goal in enumerate(goals) for row in rows if (r := goal.ratio(row["us"]))]
        axes.scatter(*zip(*points, strict=True), s=12, color=f"C{n}", label=name)
    columns = range(len(goals))
    ends = [i - 0.35 for i in columns], [i + 0.35 for i in columns]
    axes.hlines([means[goal.name] for goal in goals], *ends, color="black", label="geometric mean")
    axes.hlines([goal.goal for goal in goals], *ends, color="red", linestyles=":", label="goal")
    axes.axhline(1, color="0.8", zorder=0)
    axes.set_yscale("log")
    axes.set_yticks(ticks := [0.5, 1, 1.5, 2, 3, 5, 10, 20], [f"{tick:g}×" for tick in ticks])
    axes.set_xticks(columns, [goal.name.replace(", ", ",\n").replace(" / ", " /\n") for goal in goals])
    axes.tick_params(axis="x", labelsize=7)
    axes.set_ylabel("times as fast (last column: times slower)")
    axes.minorticks_off()
    axes.legend(fontsize=7, ncols=2, frameon=False)


def growth(found: Result, figure: Figure) -> None:
    """An epoch's seconds against the size, both logarithmic: a straight line of slope 1 is linear growth."""
    panels = figure.subplots(1, 3)
    titles = {"examples": "training examples", "width": "width of 2 hidden layers", "depth": "hidden layers of 256"}
    for axes, (name, title) in zip(panels, titles.items(), strict=True):
        row = found["growth"][name]
        axes.loglog(row["sizes"], row["ours"], "o-", label="fmnist")
        axes.loglog(row["sizes"], row["matmul"], "s--", color="0.5", label="its matrix products alone")
        axes.set_xticks(row["sizes"], [f"{size:,}" for size in row["sizes"]], rotation=45)
        axes.minorticks_off()
        axes.set_xlabel(title)
    panels[0].set_ylabel("seconds per epoch")
    panels[0].legend(frameon=False)
