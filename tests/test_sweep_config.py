"""What a sweep makes of its config: a grid or a sampler, the direction of each objective, states and their words."""

from collections.abc import Sequence

import optuna
import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

import fmnist.terminal.user_errors  # noqa: F401  registers the resolvers that config.yaml uses
from fmnist.errors import ConfigError
from fmnist.sweep.study.states import FINISHED, STATES
from fmnist.sweep.study_config import StudyConfig
from fmnist.training.objective import higher_is_better
from options import CONF

LR = "optimizer.lr=interval(0.01,0.1)"


def study(*overrides: str) -> StudyConfig:
    """As of `python train.py -m OVERRIDES`."""
    of_config = [override for override in overrides if override.startswith(("hydra", "sweep"))]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        config = hydra.compose_config("config", [*of_config, "study=mine"], run_mode=RunMode.MULTIRUN, from_shell=False)
        searched: Sequence[str] = [override for override in overrides if not override.startswith("hydra")]
        return StudyConfig(searched, config, hydra.config_loader, higher_is_better)


def test_auto_is_the_whole_grid_where_the_command_line_gives_choices_alone() -> None:
    found = study("optimizer=sgd,adam", "seed=1,2,3")
    assert found.is_grid
    assert found.budget == len(found.points) == 6


@pytest.mark.parametrize("overrides", [("optimizer=sgd,adam", LR), ("sweep=smoke",)], ids=["interval", "file"])
def test_auto_is_tpe_elsewhere_with_the_keys_of_its_file(overrides: Sequence[str]) -> None:
    found = study(*overrides, "hydra/sweeper/sampler=auto", "hydra.sweeper.sampler.n_startup_trials=3")
    sampler = found.sampler_for(0)
    assert not found.is_grid
    assert type(sampler) is optuna.samplers.TPESampler
    assert sampler._n_startup_trials == 3


def test_a_grid_of_an_interval_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="a grid needs choices"):
        study(LR, "hydra/sweeper/sampler=grid")


def test_each_objective_has_its_own_direction() -> None:
    objectives = "[val/accuracy,examples_per_second,test/loss,seconds,parameters]"
    found = study(LR, f"hydra.sweeper.objectives={objectives}").objectives
    assert list(found.values()) == ["maximize", "maximize", "minimize", "minimize", "minimize"]
    assert study(LR, "hydra.sweeper.direction=minimize").objectives == {"val/accuracy": "minimize"}


def test_every_state_of_optuna_has_a_word_and_a_colour() -> None:
    assert set(STATES) == {state.name for state in optuna.trial.TrialState}
    assert len({state.word for state in STATES.values()}) == len(STATES)
    assert set(FINISHED) == {state.name for state in optuna.trial.TrialState if state.is_finished()}
