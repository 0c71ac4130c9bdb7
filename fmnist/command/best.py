"""The best settings of a sweep as experiments best1, best2, …: to run again, with other seeds, on other data."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from fmnist.command import add_class_arguments, own_classes


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a sweep's folder: multirun/…/")
    parser.add_argument("--n", type=int, default=3, help="how many (3)")
    parser.add_argument("--metric", help="test/accuracy, val/loss, seconds, …; without: the runs' objective")
    parser.add_argument("--data", help="which, if the runs have several: dataset=digits, …, as compare names them")
    add_class_arguments(parser)


def run(arguments: Namespace) -> None:
    from fmnist.analysis.best_experiments import write_best_experiments
    from fmnist.errors import ConfigError

    if arguments.n < 1:
        raise ConfigError("--n", arguments.n, "a whole number from 1 up")
    metric, data = arguments.metric, arguments.data
    write_best_experiments(arguments.folder, arguments.n, metric, data, own_classes(arguments))
