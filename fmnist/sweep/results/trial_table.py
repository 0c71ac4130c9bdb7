"""All trials as a table, and the best ones as the official sweeper writes them."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from omegaconf import OmegaConf

from fmnist.errors import show
from fmnist.sweep.study.attributes import EPOCHS, FOLDER, REASON, SECONDS
from fmnist.sweep.study.states import STATES

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def trials_csv(trials: Sequence["FrozenTrial"], objectives: Sequence[str]) -> str:
    """trials.csv. A parameter that does not exist for a trial is blank; one that is nothing is null."""
    parameters = list(dict.fromkeys(name for trial in trials for name in trial.params))
    values = ["value"] if len(objectives) == 1 else list(objectives)
    # `seconds` may be an objective too: one column for both, the objective's.
    columns = dict.fromkeys(["number", "state", *values, EPOCHS, SECONDS, *parameters, REASON, FOLDER])
    text = io.StringIO()
    table = csv.DictWriter(text, list(columns), lineterminator="\n")
    table.writeheader()
    for trial in trials:
        row = {"number": trial.number, "state": STATES[trial.state.name].word}
        row |= {name: trial.user_attrs.get(name) for name in (EPOCHS, SECONDS, REASON, FOLDER)}
        row |= {name: show(value) for name, value in trial.params.items()}
        table.writerow(row | dict(zip(values, trial.values or [None] * len(values), strict=True)))
    return text.getvalue()


def official_results(front: Sequence["FrozenTrial"], objectives: int) -> str:
    """optimization_results.yaml with the keys of hydra-optuna-sweeper 1.2 to 1.4."""
    if objectives == 1:
        results: dict[str, Any] = {"name": "optuna", "best_params": front[0].params, "best_value": front[0].value}
    else:
        solutions = [{"params": trial.params, "values": trial.values} for trial in front]
        results = {"name": "optuna", "solutions": solutions}
    return OmegaConf.to_yaml(results)
