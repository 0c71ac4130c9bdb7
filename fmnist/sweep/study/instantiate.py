"""Optuna's objects from their config groups."""

import warnings
from importlib.util import find_spec
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from optuna.exceptions import ExperimentalWarning

from fmnist.errors import ConfigError, FmnistError, one_line

# Keys of an option that are the sweeper's own; all are optional.
REQUIRES = "_requires_"  # packages that Optuna imports late, in the middle of a search
GRID = "_grid_"  # of a sampler, instead of sampling: always, or auto (where the command line gives only choices)
ONE_SEED = "_one_seed_"  # of a sampler whose points are one sequence: the seed is the same for all trials
ONE_OF = "_one_of_"  # keys that are null by default, of which the user has to set one


def instantiate_option(group: str, config: dict[str, Any], **arguments: Any) -> Any:
    """The object that an option of hydra/sweeper/GROUP describes.

    Raises:
        FmnistError: it needs a package that is not installed.
        ConfigError: it does not take a key.
    """
    name = config["_target_"].rpartition(".")[2]
    for package in config.get(REQUIRES, ()):
        if find_spec(package) is None:
            raise FmnistError(f"hydra/sweeper/{group}: {name} needs the package {package}: pip install {package}")
    if (names := config.get(ONE_OF)) and all(config.get(key) is None for key in names):
        raise ConfigError(f"hydra.sweeper.{group}.{names[0]}", None, f"a value; {name} needs one of {', '.join(names)}")
    values = {key: value for key, value in config.items() if key not in (REQUIRES, GRID, ONE_SEED, ONE_OF)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # the user has chosen it
            return instantiate(values, **arguments)
    except InstantiationException as error:
        cause = error.__cause__ or error
        raise ConfigError(f"hydra.sweeper.{group}", name, f"other keys: {one_line(cause)}") from None
