"""Activations and gradients of a run's network by layer, before and after its training, as PNG and SVG."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from fmnist.command import add_class_arguments, own_classes


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a run's folder: outputs/…/")
    add_class_arguments(parser)


def run(arguments: Namespace) -> None:
    from fmnist.analysis.histograms import draw_histograms

    draw_histograms(arguments.folder, own_classes(arguments))
