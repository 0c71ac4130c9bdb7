"""Optuna's interface of a storage, over one that may be out of reach for a while."""

from collections.abc import Callable, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from fmnist.sweep.study.reconnect import Reconnect


def forward(name: str) -> Callable[..., Any]:
    """A method that asks the storage behind, again if need be. Done twice must be as good as once."""

    def method(self: "ReconnectingStorage", *args: Any, **kwargs: Any) -> Any:
        return self.ask(getattr(self.behind, name), *args, **kwargs)

    method.__name__ = name
    return method


class ReconnectingStorage(Reconnect, BaseStorage):
    """Any of Optuna's storages, asked again for as long as it does not answer.

    behind: the storage; optuna.load_study puts no other cache between.  name: as the user typed it.
    reconnect: seconds after which the error is raised after all.
    generation: how often it was out of reach and came back. What was watched meanwhile has not been seen.
    """

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        return int(self.once(self.behind.create_new_trial, study_id, template_trial))

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        set_param, values = self.behind.set_trial_param, (trial_id, param_name, param_value_internal, distribution)
        try:
            self.ask(set_param, *values)
        except KeyError:  # a cache, here or in a proxy that was started anew, has not seen the trial yet
            for study in self.get_all_studies():
                self.get_all_trials(study._study_id, deepcopy=False)
            self.ask(set_param, *values)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """If an answer is lost on its way, a trial that was taken is called another's: RUNNING, without an owner."""
        generation = self.generation
        try:
            return bool(self.ask(self.behind.set_trial_state_values, trial_id, state, values))
        except UpdateFinishedTrialError:
            if generation == self.generation:
                raise
            trial = self.get_trial(trial_id)
            if (trial.state, trial.values or []) != (state, list(values or [])):
                raise
            return True

    create_new_study = forward("create_new_study")  # a name is given once: the second time it is there already
    delete_study = forward("delete_study")
    set_study_user_attr = forward("set_study_user_attr")
    set_study_system_attr = forward("set_study_system_attr")
    get_study_id_from_name = forward("get_study_id_from_name")
    get_study_name_from_id = forward("get_study_name_from_id")
    get_study_directions = forward("get_study_directions")
    get_study_user_attrs = forward("get_study_user_attrs")
    get_study_system_attrs = forward("get_study_system_attrs")
    get_all_studies = forward("get_all_studies")
    get_trial_id_from_study_id_trial_number = forward("get_trial_id_from_study_id_trial_number")
    set_trial_intermediate_value = forward("set_trial_intermediate_value")
    set_trial_user_attr = forward("set_trial_user_attr")
    set_trial_system_attr = forward("set_trial_system_attr")
    get_trial = forward("get_trial")
    get_all_trials = forward("get_all_trials")
    get_best_trial = forward("get_best_trial")
