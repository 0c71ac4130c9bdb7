"""`python -m fmnist`: what is not training."""

import argparse
from pathlib import Path

from fmnist.shell import shell


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fmnist", description="Work with finished runs.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    evaluate = commands.add_parser("evaluate", help="how good the best network of a run is, class by class")
    evaluate.add_argument("folder", type=Path, help="a run's folder: outputs/…/")
    compare = commands.add_parser("compare", help="a leaderboard over runs and sweeps: mean ± deviation over seeds")
    compare.add_argument("folders", type=Path, nargs="+", metavar="folder", help="outputs/…/, multirun/…/, or above")
    compare.add_argument("--metric", help="test/accuracy, val/loss, seconds, …; without: the runs' objective")
    compare.add_argument("--csv", type=Path, metavar="FILE", help="write the table there too, with all digits")
    arguments = parser.parse_args()
    with shell():
        if arguments.command == "evaluate":
            from fmnist.report.evaluation import evaluate_run

            evaluate_run(arguments.folder)
        else:
            from fmnist.report.comparison import compare as compare_runs

            compare_runs(arguments.folders, arguments.metric, arguments.csv)


if __name__ == "__main__":
    main()
