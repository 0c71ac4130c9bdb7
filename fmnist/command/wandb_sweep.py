"""The file of W&B's own sweeps for a search: python -m fmnist wandb-sweep sweep=assignment --output sweep.yaml.

Then: wandb sweep sweep.yaml, and wandb agent with what it says. Conditions are left out, and named in the file.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="+", metavar="key=value", help="as behind train.py: sweep=assignment …")
    parser.add_argument("--method", choices=("bayes", "random", "grid"), help="without: closest to the sampler")
    parser.add_argument("--project", help="without: that of the tracker")
    parser.add_argument("--entity", help="a user or a team; without: your own")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it there; without: to the terminal")


def run(arguments: Namespace) -> None:
    from fmnist.analysis.wandb_sweep_file import sweep_file
    from fmnist.files import atomic

    text = sweep_file(arguments.overrides, arguments.method, arguments.project, arguments.entity)
    if arguments.output:
        atomic.write_text(arguments.output, text)
    else:
        print(text, end="")
