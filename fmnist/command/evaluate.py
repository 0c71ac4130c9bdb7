"""Accuracy, scores by class, confusion matrix and mistakes of a run's best network on the test set."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from fmnist.command import add_class_arguments, own_classes


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a run's folder: outputs/…/")
    add_class_arguments(parser)


def run(arguments: Namespace) -> None:
    from fmnist.analysis.evaluation import evaluate_run

    evaluate_run(arguments.folder, own_classes(arguments))
