"""Learning curves as a picture: of a run, or of settings over their seeds.

A run's folder gets curves.png and curves.svg. Of several runs, or a sweep, the first folder gets comparison.png and
comparison.svg: mean and deviation over seeds by epoch, and each seed's final figure with the mean's 95 % interval;
of several sets of data, one such picture each.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", metavar="folder", help="outputs/…/, multirun/…/, or above")
    parser.add_argument("--metric", help="test/accuracy, val/loss, seconds, …; without: the runs' objective")


def run(arguments: Namespace) -> None:
    from fmnist.analysis.curves import draw_curves

    draw_curves(arguments.folders, arguments.metric)
