"""A leaderboard over runs and sweeps, one for each set of data: mean ± deviation over seeds."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", metavar="folder", help="outputs/…/, multirun/…/, or above")
    parser.add_argument("--metric", help="test/accuracy, val/loss, seconds, …; without: the runs' objective")
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="write it there too, with all digits; -: only to the terminal"
    )


def run(arguments: Namespace) -> None:
    from fmnist.analysis.comparison import compare

    compare(arguments.folders, arguments.metric, arguments.csv)
