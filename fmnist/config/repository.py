"""A cheap copy of Hydra's repository of configs.

Hydra 1.3 makes a deep copy, of every stored config too, for each group that `--help` lists and for each composition,
so that new search paths change the copy alone. They replace its list of sources: a shallow copy is enough.
"""

from typing import Any

from hydra._internal.config_repository import ConfigRepository


def shallow_copy(repository: ConfigRepository, _memo: dict[int, Any]) -> ConfigRepository:
    copy = object.__new__(type(repository))
    copy.__dict__.update(repository.__dict__)
    return copy


ConfigRepository.__deepcopy__ = shallow_copy  # type: ignore[attr-defined]
