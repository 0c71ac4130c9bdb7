"""One self-contained HTML page on runs and sweeps: opens in any browser, needs no network.

python -m fmnist report multirun/mine
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", metavar="folder", help="outputs/…/, multirun/…/, or above")
    parser.add_argument("--metric", help="what is best: val/accuracy, test/loss, …; without: the runs' objective")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="instead of report.html in the folder")


def run(arguments: Namespace) -> None:
    from fmnist.analysis.report.page import write_report

    write_report(arguments.folders, arguments.metric, arguments.output)
