"""Hydra's repository is copied cheaply, and a copy is still a copy."""

from copy import deepcopy

from hydra._internal.config_repository import ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.plugins import Plugins

import fmnist.config.repository  # noqa: F401
from options import CONF


def search_path(folder: str) -> ConfigSearchPathImpl:
    path = ConfigSearchPathImpl()
    path.append("main", f"file://{folder}")
    return path


def test_new_search_paths_change_the_copy_alone() -> None:
    Plugins.instance()  # registers what reads file://
    repository = ConfigRepository(search_path(str(CONF)))
    copy = deepcopy(repository)
    copy.initialize_sources(search_path(str(CONF / "hydra")))
    assert "adam" in repository.get_group_options("optimizer")
    assert copy.get_group_options("optimizer") == []
    assert copy.get_group_options("sweeper") == ["fmnist_optuna"]
