"""python benchmarks/sweep.py [workers|utilisation|official|cost|tracking|all] [--quick]: see benchmarks/README.md."""

import argparse
import json
import tempfile
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tools import Result, machine, rounded

BENCHMARKS = ("workers", "utilisation", "official", "cost", "tracking")
RESULTS = Path(__file__).parent / "results" / "sweep.json"


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmarks of the sweeper.")
    parser.add_argument("which", nargs="?", default="all", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--quick", action="store_true", help="a minute, to see that they run; writes no results")
    args = parser.parse_args()
    console = Console()
    found: Result = {}
    for name in BENCHMARKS if args.which == "all" else [args.which]:
        with tempfile.TemporaryDirectory(prefix="fmnist-benchmark-") as tmp:
            found[name] = rounded(__import__(name).__dict__[name](Path(tmp), args.quick, console.print))
        found[name] = {"date": date.today().isoformat(), "machine": machine(), **found[name]}
        if not args.quick:
            known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
            known |= {name: found[name]}
            RESULTS.parent.mkdir(exist_ok=True)
            RESULTS.write_text(json.dumps(known, indent=2) + "\n")
    console.print(table(found))


def table(found: Result) -> Table:
    """The figures that have a goal, and those that explain them."""
    table = Table("benchmark", "figure", "goal")
    if part := found.get("workers"):
        table.add_row("two workers against one", f"{part['ratio']:.2f}×", f"{part['goal']}×")
        table.add_row("  what the machine allows", f"{part['ceiling']:.2f}×", "")
    if part := found.get("utilisation"):
        table.add_row("two workers busy until the queue is empty", f"{part['until_queue_empty']:.1%}", "95 %")
        table.add_row("  with the last trial's tail", f"{part['whole']:.1%}", "")
        table.add_row("  epochs alone, with the tail", f"{part['epochs_alone']:.1%}", "")
    if part := found.get("official"):
        trials = part["trials"]
        table.add_row(f"official sweeper's time to {trials} trials / ours", f"{part['ratio']:.2f}×", "")
        table.add_row("  ours without pruning", f"{part['ratio_without_pruning']:.2f}×", "")
        table.add_row("  slots busy with epochs: official", f"{part['busy_official']:.1%}", "")
        table.add_row("  slots busy with epochs: ours without pruning", f"{part['busy_ours_unpruned']:.1%}", "")
    if part := found.get("cost"):
        for sampler in ("random", "tpe"):
            for size, row in part[sampler].items():
                own = f"{row['own_ms']:.1f} ms + {row['sampler_ms']:.1f} ms in the sampler"
                table.add_row(f"own cost per trial, {sampler}, {size} finished", own, "as at 10")
        for size, seconds in part["start_seconds"].items():
            table.add_row(f"  start, {size} finished", f"{seconds:.2f} s", "")
        table.add_row("  whole sweeps of a task that does nothing", f"{part['whole_sweeps']['ratio']:.2f}×", "")
    if part := found.get("tracking"):
        table.add_row("wall time with W&B offline", f"{part['more_seconds']:+.1%}", "under +5 %")
        table.add_row("  processor time", f"{part['more_cpu']:+.1%}", "")
    return table


if __name__ == "__main__":
    main()
