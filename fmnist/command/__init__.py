"""The commands behind `python -m fmnist`, one file each: NAME.py is `python -m fmnist NAME`, `_` is typed `-`.

The file's docstring is the command's help, `arguments` declares what it takes, `run` does it. All files are imported
to show the help, so heavy imports stand inside `run`.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from fmnist.config.classes import Classes, classes_in, named_by_overrides


def add_class_arguments(parser: ArgumentParser) -> None:
    """For commands that build a run's parts again: its config names classes, and only known ones are imported."""
    allowed = "a class of your own that the run's config names: optimizer._target_=my.module.Class"
    parser.add_argument("classes", nargs="*", metavar="KEY=CLASS", help=allowed)
    parser.add_argument("--config-dir", type=Path, help="a config directory whose options name such classes")


def own_classes(arguments: Namespace) -> Classes:
    """The classes that the command line names."""
    named = named_by_overrides(arguments.classes)
    return named | classes_in(arguments.config_dir) if arguments.config_dir else named
