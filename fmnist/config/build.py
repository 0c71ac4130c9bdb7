"""From a config group to the object it describes: `_target_` is the class, the other keys are its fields."""

from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from inspect import signature
from typing import Any

from omegaconf import DictConfig

from fmnist.config.values import plain_value
from fmnist.errors import ConfigError, closest, one_line

# Classes that have moved, as the config of an older run names them.
MOVED = {"fmnist.trainer.Trainer": "fmnist.training.trainer.Trainer"}


def build_part(group: str, config: DictConfig, kind: type = object, /, **parts: object) -> Any:
    """Build the chosen option of a group; `parts` are fields whose values are objects already.

    Raises:
        ConfigError: a value is not allowed, the option has no such key or lacks one, or the object is none of its
            `kind`; the key is given as the user types it.
    """
    values = {str(key): plain_value(config, str(key), group) for key in config}
    if "_target_" not in values:
        raise ConfigError(group, values, f"keys that include {group}._target_, the full name of a class")
    target = values.pop("_target_")
    cls = find_class(group, target)
    known = {f.name: f for f in fields(cls) if f.init and f.name not in parts}
    for key, value in values.items():
        if key not in known:
            allowed = f"a key of {cls.__name__}, which is {group}._target_: {', '.join(known)}{closest(key, known)}"
            raise ConfigError(f"{group}.{key}", value, allowed)
    for key, f in known.items():
        if key not in values and f.default is MISSING and f.default_factory is MISSING:
            raise ConfigError(f"{group}.{key}", "", f"a value: {cls.__name__} has no default for it")
    try:
        part = cls(**values, **parts)
    except ConfigError as error:
        raise error.within(group) from None
    if not (isinstance(part, kind) and is_called_alike(part, kind)):
        raise ConfigError(f"{group}._target_", target, f"a class of the kind {kind.__name__}")
    return part


def is_called_alike(part: object, kind: type) -> bool:
    """Does it take the arguments of the interface? `isinstance` sees only that there is a `__call__`."""
    if "__call__" not in vars(kind):
        return True
    asked = list(signature(vars(kind)["__call__"]).parameters)[1:]
    return list(signature(type(part).__call__).parameters)[1 : len(asked) + 1] == asked


def find_class(group: str, target: object) -> Any:
    """The dataclass that `_target_` names."""
    cls = None
    try:  # Hydra's get_object would write three lines of its own to the terminal
        if isinstance(target, str):
            module, _, name = MOVED.get(target, target).rpartition(".")
            cls = getattr(import_module(module or name), name)
    except Exception as error:  # of a module that is imported for it, whatever it raises
        allowed = f"the full name of a class that can be imported ({one_line(error)})"
        raise ConfigError(f"{group}._target_", target, allowed) from None
    if not (isinstance(cls, type) and is_dataclass(cls)):
        raise ConfigError(f"{group}._target_", target, "the full name of a dataclass, such as fmnist.loss.mse.MSE")
    return cls
