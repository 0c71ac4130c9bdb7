"""Images of each class of a data set, as PNG and SVG."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="as for train.py: dataset=mnist seed=2")
    parser.add_argument("--per-class", type=int, default=1, metavar="N", help="images of each class (1)")
    parser.add_argument("--folder", type=Path, default=Path("outputs/samples"), help="where to (outputs/samples)")


def run(arguments: Namespace) -> None:
    from fmnist.analysis.samples import draw_samples
    from fmnist.errors import ConfigError

    if arguments.per_class < 1:
        raise ConfigError("--per-class", arguments.per_class, "a whole number from 1 up")
    draw_samples(arguments.overrides, arguments.per_class, arguments.folder)
