"""A leaderboard over runs and sweeps: mean ± deviation over seeds."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", metavar="folder", help="outputs/…/, multirun/…/, or above")
    parser.add_argument("--metric", help="test/accuracy, val/loss, seconds, …; without: the runs' objective")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table there too, with all digits")


def run(arguments: Namespace) -> None:
    from fmnist.analysis.comparison import compare

    compare(arguments.folders, arguments.metric, arguments.csv)
