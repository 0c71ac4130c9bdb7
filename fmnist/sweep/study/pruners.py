"""Pruners: Optuna's, from the options of hydra/sweeper/pruner."""

from typing import Any

from optuna.pruners import BasePruner

from fmnist.sweep.study.instantiate import instantiate_option


def build_pruner(config: dict[str, Any]) -> BasePruner:
    return instantiate_option("pruner", BasePruner, config)
