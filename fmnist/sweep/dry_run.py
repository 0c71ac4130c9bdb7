"""What a sweep would do, without doing it."""

from fmnist.sweep.study_config import StudyConfig
from fmnist.terminal.console import echo

POINTS = 5


def print_study(study: StudyConfig) -> None:
    """The space, the budget and the first points."""
    sampler = "grid" if study.is_grid else study.sampler["_target_"].rpartition(".")[2]
    echo(f"study {study.name}: {study.budget} trials, {study.options.n_jobs} at a time, {sampler}")
    echo("objective " + ", ".join(f"{name} ({direction})" for name, direction in study.objectives.items()))
    for line in study.space.lines():
        echo(f"  {line}")
    echo("first points")
    for point in study.first_points(min(POINTS, study.budget)):
        echo("  " + " ".join(study.space.overrides(point)))
