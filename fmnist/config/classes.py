"""Which classes a stored config may name: `_target_` is imported, and whoever made the file must not choose the code.

Allowed are the classes that the options in conf/ name, each in its group, those of older versions, and those that the
user names, on the command line or in a config directory.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from fmnist.config.build import MOVED
from fmnist.config.compose import CONF
from fmnist.errors import ConfigError, FmnistError
from fmnist.files.yaml import read_yaml

Classes = frozenset[tuple[str, str]]  # (group, class)
TARGET = "_target_"
NONE: Classes = frozenset()
# Of older runs; nothing is built from them.
GONE: Classes = frozenset(("tracker", f"fmnist.tracker.{name}") for name in ("local.Local", "none.NoTracker"))


def check_classes(config: Mapping[str, Any], own: Classes = NONE) -> None:
    """Nothing is imported.

    Raises:
        ConfigError: the config names a class that is neither an option of its group nor among the user's `own`.
    """
    for key, value in targets(config):
        group = key.partition(".")[0]
        name = MOVED.get(value, value) if isinstance(value, str) else None
        if (group, name) not in own | classes_in(CONF) | GONE:
            how = "or one that you name again on the command line (KEY=CLASS) or with --config-dir"
            raise ConfigError(key, value, f"a class of an option in conf/{group}/, {how}")


def named_classes(config: Mapping[str, Any]) -> Classes:
    """The classes of a config that the user has written."""
    return frozenset((key.partition(".")[0], value) for key, value in targets(config) if isinstance(value, str))


def named_by_overrides(overrides: Iterable[str]) -> Classes:
    """Those of optimizer._target_=my.module.Class.

    Raises:
        ConfigError: an override says something else.
    """
    found = set()
    for override in overrides:
        key, _, value = override.lstrip("+").partition("=")
        if not key.endswith(f".{TARGET}") or not value:
            raise ConfigError(key, value, "only a class of your own that the run names, optimizer._target_=my.Class")
        found.add((key.partition(".")[0], value))
    return frozenset(found)


@cache
def classes_in(folder: Path) -> Classes:
    """Those that a config directory names: in GROUP/OPTION.yaml, or in a section of any other file."""
    found: set[tuple[str, str]] = set()
    for file in folder.rglob("*.yaml"):
        with suppress(FmnistError):  # Hydra says what is wrong with it, if it is used
            content = read_yaml(file)
            if isinstance(content, dict):
                group = file.parent.relative_to(folder).as_posix()
                found |= {(group, value) for _, value in named_classes(content)} | named_classes(content)
    return frozenset(found)


def targets(config: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Each `_target_` with its key, at any depth."""
    inside: Iterable[tuple[Any, Any]] = ()
    if isinstance(config, dict):
        inside = config.items()
    elif isinstance(config, list):
        inside = enumerate(config)
    for name, value in inside:
        path = f"{key}.{name}" if key else str(name)
        if name == TARGET:
            yield path, value
        yield from targets(value, path)
