"""Send finished or old runs and sweeps to W&B, from their local files.

The runs appear as if they had been tracked with tracker=wandb: trials in their study's group, the study as a run.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folders", type=Path, nargs="+", metavar="folder", help="outputs/…/, multirun/…/, or above")
    parser.add_argument("--project", default="fmnist")
    parser.add_argument("--entity", help="a user or a team; without: your own")
    parser.add_argument("--mode", default="auto", help="auto, online or offline")
    parser.add_argument("--again", action="store_true", help="also what W&B has already")


def run(arguments: Namespace) -> None:
    from fmnist.analysis.replay import send_missing
    from fmnist.tracker.wandb import Wandb

    tracker = Wandb(mode=arguments.mode, project=arguments.project, entity=arguments.entity)
    send_missing(arguments.folders, tracker, again=arguments.again)
