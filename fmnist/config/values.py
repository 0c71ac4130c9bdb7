"""A value of the config as plain data."""

from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fmnist.errors import ConfigError, one_line


def plain_value(config: DictConfig, key: str, group: str = "") -> Any:
    """The value of a key as plain data, interpolations resolved.

    Raises:
        ConfigError: it refers to what does not exist.
    """
    try:
        value = config[key] if not OmegaConf.is_missing(config, key) else "???"
        return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
    except OmegaConfBaseException as error:
        raw = OmegaConf.to_container(config, resolve=False)
        allowed = f"a value, or ${{…}} with a key that has one ({one_line(error)})"
        raise ConfigError(f"{group}.{key}".lstrip("."), dict(raw)[key], allowed) from None  # type: ignore[arg-type]
