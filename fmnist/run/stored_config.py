"""config.yaml of a run's folder: plain data, resolved when it was written. Somebody else may have made it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from fmnist.config.classes import NONE, TARGET, Classes, check_classes
from fmnist.errors import ConfigError, FmnistError
from fmnist.files.yaml import read_mapping


def read_config(folder: Path, key: str = "folder") -> dict[str, Any]:
    """The keys and values; `key` is what the user gave the folder as. Nothing is resolved and nothing imported.

    Raises:
        ConfigError: there is no run in the folder.
        FmnistError: the file cannot be read, or holds an interpolation.
    """
    file = folder / "config.yaml"
    if not file.exists():
        raise ConfigError(key, folder, "the folder of a run, with its config.yaml")
    config = read_mapping(file)
    for name, value in texts(config):
        if "${" in value or value == "???":
            raise FmnistError(f"{file}: {ConfigError(name, value, 'a plain value: a stored config is never resolved')}")
    return config


def load_config(folder: Path, own: Classes = NONE, key: str = "folder") -> DictConfig:
    """The config, to build the parts of the run from.

    Raises:
        ConfigError: there is no run in the folder.
        FmnistError: the file cannot be read, holds an interpolation, or names a class that is neither an option of its
            group nor among the user's `own`.
    """
    config = read_config(folder, key)
    try:
        check_sections(config)
        check_classes(config, own)
    except ConfigError as error:
        raise FmnistError(f"{folder / 'config.yaml'}: {error}") from None
    return OmegaConf.create(config)


def check_sections(config: Mapping[str, Any]) -> None:
    """Raises ConfigError unless every part of the experiment has a class."""
    from fmnist.experiment import GROUPS  # NumPy, which a comparison of runs need not wait for

    for group in GROUPS:
        section = config.get(group)
        parts = {group: section}
        if group in ("callbacks", "tracker") and isinstance(section, dict) and TARGET not in section:
            parts = {f"{group}.{name}": value for name, value in section.items() if value is not None}
        for key, value in parts.items():
            if not (isinstance(value, dict) and TARGET in value):
                raise ConfigError(key, value, f"a section with its {TARGET}")


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of nested mappings and lists, with its key."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield key, str(name)
            yield from texts(inner, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from texts(inner, key)
