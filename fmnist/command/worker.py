"""Take trials of a sweep that runs elsewhere, until all of them have ended: on a cluster, in a container, by ssh.

Started as often as one likes, it needs no more than the storage and the study that the sweep was begun with; the folder
of the sweep may be shared or not. At SIGTERM it ends the epoch and hands its trial back.
"""

from argparse import ArgumentParser, Namespace


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--storage", required=True, help="the sweep's hydra.sweeper.storage, or its study.journal")
    parser.add_argument("--study", required=True, help="its study=")
    parser.add_argument("--n-jobs", type=int, default=1, help="trials at the same time (1)")


def run(arguments: Namespace) -> None:
    import os
    import sys

    import optuna

    from fmnist.errors import FmnistError
    from fmnist.sweep.command_line import worker_arguments
    from fmnist.sweep.study.storage import open_storage, setting, storage_errors

    url = arguments.storage
    with storage_errors(url):
        try:
            study = optuna.load_study(study_name=arguments.study, storage=open_storage(url))
        except KeyError:
            raise FmnistError(f"there is no study={arguments.study} in {setting(url)}") from None
        words = worker_arguments(study, url, arguments.n_jobs)
    os.execv(sys.executable, [sys.executable, *words])
