"""From a config group to the object it describes: `_target_` is the class, the other keys are its fields."""

from dataclasses import fields
from typing import Any

from hydra.utils import get_class
from omegaconf import DictConfig, OmegaConf

from fmnist.errors import ConfigError, closest

# Classes that have moved, as the config of an older run names them.
MOVED = {"fmnist.trainer.Trainer": "fmnist.training.trainer.Trainer"}


def build(group: str, config: DictConfig, **parts: object) -> Any:
    """Build the chosen option of a group; `parts` are fields whose values are objects already.

    Raises:
        ConfigError: a value is not allowed, or the option has no such key; the key is given as the user types it.
    """
    values: dict[str, Any] = OmegaConf.to_container(config, resolve=True)  # type: ignore[assignment]
    target = values.pop("_target_")
    cls = get_class(MOVED.get(target, target))
    keys = [f.name for f in fields(cls) if f.init and f.name not in parts]
    for key, value in values.items():
        if key not in keys:
            allowed = f"a key of {cls.__name__}: {', '.join(keys)}{closest(key, keys)}"
            raise ConfigError(f"{group}.{key}", value, allowed)
    try:
        return cls(**values, **parts)
    except ConfigError as error:
        raise error.within(group) from None
