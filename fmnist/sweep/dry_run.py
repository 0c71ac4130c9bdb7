"""Before a sweep starts: what it would do, and the mistakes that its first trial would find."""

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import open_dict

from fmnist.errors import ConfigError, FmnistError, closest
from fmnist.sweep.program import Program
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


def check_study(study: StudyConfig, loader: ConfigLoader, program: Program) -> None:
    """Find unknown options of a group, and a first point that the program cannot run.

    Raises:
        FmnistError: there is one, or nothing to search.
    """
    if not study.budget:
        raise FmnistError("there is nothing to search")
    for dimension in study.space.dimensions:
        options = loader.get_group_options(dimension.key)
        choices = getattr(dimension.distribution, "choices", ())
        for choice in choices if options else ():
            if choice not in options:
                hint = closest(str(choice), options)
                raise ConfigError(dimension.key, choice, f"one of {', '.join(options)}{hint}")
    overrides = [*study.fixed_overrides, *study.space.overrides(study.first_points(1)[0])]
    OverridesParser.create(loader).parse_overrides(overrides)
    job = loader.load_sweep_config(study.config, overrides)
    with open_dict(job):
        del job["hydra"]
    program.check(job)
