"""python benchmarks/sweep.py [workers|utilisation|official|cost|tracking|all] [--quick]: see benchmarks/README.md."""

import argparse
import tempfile
from pathlib import Path

from cost import cost
from official import official
from results import Result, round_all, save, stamp, table
from tracking import tracking
from utilisation import utilisation
from workers import workers

BENCHMARKS = {"workers": workers, "utilisation": utilisation, "official": official, "cost": cost, "tracking": tracking}


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmarks of the sweeper.")
    parser.add_argument("which", nargs="?", default="all", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--quick", action="store_true", help="a minute, to see that they run; writes no results")
    args = parser.parse_args()
    found: Result = {}
    for name in BENCHMARKS if args.which == "all" else [args.which]:
        with tempfile.TemporaryDirectory(prefix="fmnist-benchmark-") as tmp:
            found[name] = round_all(stamp() | BENCHMARKS[name](Path(tmp), args.quick, print))
        if not args.quick:
            save("sweep", {name: found[name]})
    print(table(figures(found)))


def figures(found: Result) -> list[list[str]]:
    """Those that have a goal, and those that explain them."""
    rows = [["benchmark", "figure", "goal"]]
    if part := found.get("workers"):
        rows.append(["two workers against one", f"{part['ratio']:.2f}×", f"{part['goal']}×"])
        rows.append(["  what the machine allows", f"{part['ceiling']:.2f}×", ""])
    if part := found.get("utilisation"):
        rows.append(["two workers busy until the queue is empty", f"{part['until_queue_empty']:.1%}", "95 %"])
        rows.append(["  with the last trial's tail", f"{part['whole']:.1%}", ""])
        rows.append(["  epochs alone, with the tail", f"{part['epochs_alone']:.1%}", ""])
    if part := found.get("official"):
        rows.append([f"official sweeper's time to {part['trials']} trials / ours", f"{part['ratio']:.2f}×", ""])
        rows.append(["  ours without pruning", f"{part['ratio_without_pruning']:.2f}×", ""])
        rows.append(["  slots busy with epochs: official", f"{part['busy_official']:.1%}", ""])
        rows.append(["  slots busy with epochs: ours without pruning", f"{part['busy_ours_unpruned']:.1%}", ""])
    if part := found.get("cost"):
        for sampler in ("random", "tpe"):
            for size, row in part[sampler].items():
                own = f"{row['own_ms']:.1f} ms + {row['sampler_ms']:.1f} ms in the sampler"
                rows.append([f"own cost per trial, {sampler}, {size} finished", own, part["goal"]])
        rows += [[f"  start, {size} finished", f"{s:.2f} s", ""] for size, s in part["start_seconds"].items()]
        rows.append(["  whole sweeps of a task that does nothing", f"{part['whole_sweeps']['ratio']:.2f}×", ""])
    if part := found.get("tracking"):
        rows.append(["wall time with W&B offline", f"{part['more_seconds']:+.1%}", f"under +{part['goal']:.0%}"])
        rows.append(["  processor time", f"{part['more_cpu']:+.1%}", ""])
    return rows


if __name__ == "__main__":
    main()
