"""What a sweep prints at its end: the best trial and how to run it again, the ten best, importances, failures."""

import shlex
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from fmnist.errors import show
from fmnist.terminal.console import echo, get_console


def print_final_summary(summary: Mapping[str, Any]) -> None:
    """Tables for people, and every failure on a line; `summary` is what `write_results` returns."""
    get_console().print(best_table(summary))
    if len(summary["top"]) > 1:
        get_console().print(top_table(summary))
    if summary["importances"]:
        get_console().print(importance_table(summary["importances"]))
    if summary.get("stopped"):
        echo(summary["stopped"])
    for trial in summary["failures"]:
        echo(f"failed: trial {trial['number']}  {shlex.join(trial['overrides'])}  {trial['reason']}  {trial['folder']}")


def best_table(summary: Mapping[str, Any]) -> Table:
    best = summary["best"]
    rows = {"study": summary["study"]}
    if best:
        values = best.get("values", {name: best.get("value") for name in summary["objectives"]})
        rows["best trial"] = str(best["number"])
        rows |= {name: show(value) for name, value in values.items()}
        rows |= {name: show(value) for name, value in best["parameters"].items()}
        rows |= {"run it again": best["command"], "or by name": best["by_name"], "its folder": best["folder"]}
    else:
        rows["best trial"] = "no trial is complete"
    if "pareto_front" in summary:
        rows["Pareto front"] = f"trials {', '.join(str(trial['number']) for trial in summary['pareto_front'])}"
    rows["trials"] = ", ".join(f"{count} {state}" for state, count in summary["counts"].items() if count) or "none"
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table


def top_table(summary: Mapping[str, Any]) -> Table:
    table = Table("rank", "trial", *summary["objectives"], "overrides")
    for rank, trial in enumerate(summary["top"], 1):
        values = (f"{value:.6g}" for value in trial["values"])
        table.add_row(str(rank), str(trial["number"]), *values, " ".join(trial["overrides"]))
    return table


def importance_table(importances: Mapping[str, float]) -> Table:
    """Shares as bars; PED-ANOVA's, see importance.py."""
    table = Table("parameter", "importance", "")
    for name, share in importances.items():
        table.add_row(name, f"{share:.3f}", "━" * round(30 * share))
    return table
