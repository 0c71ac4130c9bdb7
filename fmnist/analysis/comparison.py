"""The leaderboard in the terminal, and as a CSV file."""

import csv
import io
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from fmnist.analysis.differences import as_overrides
from fmnist.analysis.leaderboards import Leaderboards, rank_runs
from fmnist.analysis.ranking import Ranking
from fmnist.errors import ConfigError
from fmnist.files import atomic
from fmnist.run.stored import find_runs
from fmnist.terminal.console import get_console, print_table

CSV_COLUMNS = ("rank", "metric", "mean", "std", "interval95", "p", "seeds", "best", "runs")


def compare(folders: Sequence[Path], metric: str | None = None, file: Path | None = None) -> None:
    """Print a leaderboard of all runs below the folders for each set of data, and write them to `file` as CSV.

    With two seeds or more a mean has a 95 % interval, and is tested against the best. The metric is the runs' own
    objective, unless one is named. With the file "-" the CSV is all that is printed.

    Raises:
        ConfigError: there is no run in a folder, or no run has such a metric.
    """
    boards = rank_runs(find_runs(folders), metric)
    if file == Path("-"):
        sys.stdout.write(csv_table(boards))
        return
    frame = box.HEAVY_HEAD if get_console().is_terminal else None
    for ranking in boards.rankings:
        if ranking.data:
            get_console().print(f"{ranking.data}:")
        print_table(terminal_table(ranking, frame))
        for line in ranking.remarks():
            get_console().print(line)
    if boards.remark:
        get_console().print(boards.remark)
    if file:
        try:
            atomic.write_text(file, csv_table(boards))
        except OSError as error:
            raise ConfigError("--csv", file, f"a file that can be written ({error.strerror})") from None


def terminal_table(ranking: Ranking, frame: box.Box | None) -> Table:
    """Rounded; columns that say nothing about these runs are left out."""
    found = ranking.columns()
    means = zip(found["mean"], found["std"], strict=True)
    columns = {
        "rank": [str(rank or "—") for rank in found["rank"]],
        ranking.metric: ["—" if m is None else f"{format_number(m)} ± {format_number(s)}" for m, s in means],
    }
    if any(std is not None for std in found["std"]):
        columns["95 %"] = ["—" if half is None else f"± {format_number(half)}" for half in found["interval95"]]
    if any(p is not None for p in found["p"]):
        columns["p"] = ["—" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" for p in found["p"]]
    columns |= {"seeds": [str(n) for n in found["seeds"]], "best": [format_number(best) for best in found["best"]]}
    table = Table(box=frame)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    if not all(run.finished for run in ranking.runs):
        columns["runs"] = found["runs"]
    if ranking.keys:
        columns["setting"] = [as_overrides(setting, ranking.keys) for setting in ranking.settings]
    columns["folder"] = found["folder"]
    for name in list(columns)[len(table.columns) :]:
        table.add_column(name, overflow="fold")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def csv_table(boards: Leaderboards) -> str:
    """With all digits and columns, blank where nothing is known; the first one names the data, if they differ."""
    data = ["data"] if len(boards.rankings) > 1 else []
    keys = dict.fromkeys(key for ranking in boards.rankings for key in ranking.keys)
    names = [*data, *CSV_COLUMNS, *keys, "folder"]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    for ranking in boards.rankings:
        n = len(ranking.settings)
        columns = ranking.columns() | {"metric": [ranking.metric] * n, "data": [ranking.data] * n}
        columns |= {key: [setting.keys.get(key) for setting in ranking.settings] for key in keys}
        table.writerows(zip(*(columns[name] for name in names), strict=True))
    return text.getvalue()


def format_number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.4f}" if not math.isfinite(value) or abs(value) < 1000 else f"{value:,.1f}"
