"""python benchmarks/sweep.py [workers|utilisation|launchers|official|cost|tracking|all] [--quick]: see README.md."""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cost import measure_cost
from launchers import measure_launchers
from official import measure_official
from results import Result, round_all, save, stamp, table
from tracking import measure_tracking
from workers import measure_workers, utilisation

BENCHMARKS = {
    "workers": measure_workers,
    "utilisation": utilisation,
    "launchers": measure_launchers,
    "official": measure_official,
    "cost": measure_cost,
    "tracking": measure_tracking,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Benchmarks of the sweeper.")
    parser.add_argument("which", nargs="?", default="all", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--quick", action="store_true", help="a minute, to see that they run; writes no results")
    args = parser.parse_args()
    found: Result = {}
    for name in BENCHMARKS if args.which == "all" else [args.which]:
        with tempfile.TemporaryDirectory(prefix="fmnist-benchmark-") as tmp:
            found[name] = round_all(stamp() | BENCHMARKS[name](Path(tmp), args.quick))
        if not args.quick:
            save("sweep", {name: found[name]})
    print(table([["figure", "value"], *([name, f"{value:g}"] for name, value in figures(found))]))


def figures(found: Result, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number that is not of a single run, by its dotted key; benchmarks/README.md says what they are."""
    for key, value in found.items():
        if isinstance(value, dict) and key != "machine":
            yield from figures(value, f"{name}{key}.")
        elif isinstance(value, int | float):
            yield f"{name}{key}", value


if __name__ == "__main__":
    main()
