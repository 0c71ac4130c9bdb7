"""Run train.py with a point that W&B's sweep has drawn, without the keys that do not apply to it.

The file of wandb-sweep calls it: W&B's spaces have no conditions, so optimizer.momentum comes with optimizer=adam, too.
"""

from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="+", metavar="key=value", help="sweep=assignment … and the drawn point")


def run(arguments: Namespace) -> None:
    import os
    import sys

    from fmnist.analysis.wandb_sweep_file import applicable

    os.execv(sys.executable, [sys.executable, "train.py", *applicable(arguments.overrides)])
