"""What a run's best network takes images for: classes with probabilities.

python -m fmnist predict outputs/…/ --images photos/
In Python: fmnist.run.load.load_run("outputs/…/").predict(images)
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a run's folder: outputs/…/")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--images", type=Path, metavar="FILE|FOLDER", help="pictures of any size, light on dark as the data set's"
    )
    which.add_argument("--index", type=int, metavar="N", help="of an image of the test set, as evaluate and report say")


def run(arguments: Namespace) -> None:
    from fmnist.analysis.prediction import predict_files, predict_test_image

    if arguments.images is not None:
        predict_files(arguments.folder, arguments.images)
    else:
        predict_test_image(arguments.folder, arguments.index)
