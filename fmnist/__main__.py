"""`python -m fmnist`: what is not training."""

import argparse
from pathlib import Path

from fmnist.shell import shell


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m fmnist", description="Work with finished runs.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    evaluate = commands.add_parser("evaluate", help="how good the best network of a run is, class by class")
    evaluate.add_argument("folder", type=Path, help="a run's folder: outputs/…/")
    arguments = parser.parse_args()
    with shell():
        from fmnist.report.evaluation import evaluate_run

        evaluate_run(arguments.folder)


if __name__ == "__main__":
    main()
