"""Two pictures of results/speed.json: the ratios of all cells, and how an epoch's cost grows."""

from itertools import cycle
from pathlib import Path
from typing import Any

from ratios import GOALS
from tools import Result

STYLE: dict[Any, Any] = {"svg.hashsalt": "fmnist", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def draw(found: Result, folder: Path) -> None:
    """speed.svg and growth.svg."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        for name, (size, panels) in {"speed": ((9, 4.5), ratios), "growth": ((9, 3), growth)}.items():
            figure = Figure(figsize=size, layout="constrained")
            panels(found, figure)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


def ratios(found: Result, figure: Any) -> None:
    """A column for each goal: every cell a point, coloured by network, the geometric mean and the goal as lines."""
    part = found["one_core"]
    goals = [goal for goal in GOALS if any(goal.ratio(row["us"]) for row in part["cells"])]
    axes = figure.subplots()
    networks = list(dict.fromkeys(network(row) for row in part["cells"]))
    for colour, name in zip(cycle(f"C{i}" for i in range(10)), networks):
        rows = [row for row in part["cells"] if network(row) == name]
        shift = (networks.index(name) - (len(networks) - 1) / 2) * 0.1
        points = [(i + shift, r) for i, goal in enumerate(goals) for row in rows if (r := goal.ratio(row["us"]))]
        axes.scatter(*zip(*points, strict=True), s=12, color=colour, label=name)
    for i, goal in enumerate(goals):
        mean = next(row["ratio"] for row in part["summary"] if row["name"] == goal.name)
        axes.hlines(mean, i - 0.35, i + 0.35, color="black", label="geometric mean" if i == 0 else None)
        axes.hlines(goal.goal, i - 0.35, i + 0.35, color="red", linestyles=":", label="goal" if i == 0 else None)
    axes.axhline(1, color="0.8", zorder=0)
    axes.set_yscale("log")
    axes.set_yticks(ticks := [0.5, 1, 1.5, 2, 3, 5, 10, 20], [f"{tick:g}×" for tick in ticks])
    axes.set_xticks(range(len(goals)), [goal.name.replace(", ", ",\n").replace(" / ", " /\n") for goal in goals])
    axes.tick_params(axis="x", labelsize=7)
    axes.set_ylabel("times as fast (last column: times slower)")
    axes.minorticks_off()
    axes.legend(fontsize=7, ncols=2, frameon=False)


def network(row: Result) -> str:
    return row["cell"].split()[0]


def growth(found: Result, figure: Any) -> None:
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
