"""A study for the page: its trials by column, and the importance of each parameter."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fmnist.analysis.report.correlation import correlations, numbers
from fmnist.analysis.report.sweeps import Sweep
from fmnist.errors import show
from fmnist.sweep.results.importance import ENOUGH, importances
from fmnist.sweep.results.results import best_trials
from fmnist.sweep.study.attributes import FOLDER, REASON, SECONDS
from fmnist.sweep.study.states import STATES

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def search_section(sweep: Sweep) -> dict[str, Any] | None:
    """Trials that are waiting are left out; None without any other.

    Of several objectives the first is shown, and it against each other one.
    """
    if sweep.study is None:
        return None
    trials = [trial for trial in sweep.study.get_trials(deepcopy=False) if trial.state.name != "WAITING"]
    if not trials:
        return None
    objectives = list(sweep.summary.get("objectives", ["value"]))
    parameters = [parameter(name, trials) for name in dict.fromkeys(name for trial in trials for name in trial.params)]
    return {
        "name": sweep.name,
        "objective": objectives[0],
        "upwards": sweep.study.directions[0].name == "MAXIMIZE",
        "best": [trial.number for trial in best_trials(sweep.study, trials)],
        "number": [trial.number for trial in trials],
        "state": [STATES[trial.state.name].word for trial in trials],
        "value": [value(trial) for trial in trials],
        "seconds": [trial.user_attrs.get(SECONDS) for trial in trials],
        "reason": [trial.user_attrs.get(REASON) for trial in trials],
        "folder": [trial.user_attrs.get(FOLDER) for trial in trials],
        "parameters": parameters,
        "others": [
            {"name": name, "values": [result(trial, i) for trial in trials]}
            for i, name in enumerate(objectives)
            if i > 0
        ],
        "importances": importances(sweep.study),
        "enough": ENOUGH,
        "correlations": correlations(parameters, [result(trial, 0) for trial in trials]),
    }


def result(trial: "FrozenTrial", objective: int) -> float | None:
    """Of a complete trial; Optuna gives a pruned one the value of its last epoch."""
    return trial.values[objective] if trial.state.name == "COMPLETE" else None


def value(trial: "FrozenTrial") -> float | None:
    """The first objective; of a pruned trial the last epoch's."""
    if trial.values:
        return trial.values[0]
    reported = trial.intermediate_values
    return reported[max(reported)] if reported else None


def parameter(name: str, trials: Sequence["FrozenTrial"]) -> dict[str, Any]:
    """Choices are stored by index, sorted if they are numbers, else in the space's order. None: a trial without it."""
    distributions = [trial.distributions[name] for trial in trials if name in trial.distributions]
    if any(hasattr(one, "choices") for one in distributions):
        choices = list(dict.fromkeys(show(choice) for one in distributions for choice in getattr(one, "choices", ())))
        if numbers(choices) is not None:
            choices.sort(key=float)
        index = {choice: i for i, choice in enumerate(choices)}
        values = [index[show(trial.params[name])] if name in trial.params else None for trial in trials]
        return {"name": name, "choices": choices, "values": values}
    is_log = any(getattr(one, "log", False) for one in distributions)
    return {"name": name, "log": is_log, "values": [trial.params.get(name) for trial in trials]}
