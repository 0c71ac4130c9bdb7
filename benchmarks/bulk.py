"""Many finished trials in a study at once: in a database Optuna's own way takes 70 ms for each."""

import json
from collections.abc import Sequence

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy import insert, select

Rows = list[dict[str, object]]


def add_trials(study: optuna.Study, trials: Sequence[FrozenTrial]) -> None:
    """Of one objective, with finite values."""
    database = getattr(study._storage, "_backend", None)  # behind Optuna's cache; a journal has a backend, too
    if not isinstance(database, RDBStorage):
        study.add_trials(trials)
        return
    table, first = models.TrialModel, len(study.get_trials(deepcopy=False))
    rows: Rows = [{"study_id": study._study_id, "number": first + n, **fields(each)} for n, each in enumerate(trials)]
    ours = select(table.trial_id).where(table.study_id == study._study_id, table.number >= first)
    with database.engine.begin() as connection:
        connection.execute(insert(table), rows)
        numbers = connection.scalars(ours.order_by(table.number)).all()
        for model, listed in ROWS.items():
            found = [{"trial_id": i, **row} for i, each in zip(numbers, trials, strict=True) for row in listed(each)]
            connection.execute(insert(model), found)


def fields(trial: FrozenTrial) -> dict[str, object]:
    return {name: getattr(trial, name) for name in ("state", "datetime_start", "datetime_complete")}


def values(trial: FrozenTrial) -> Rows:
    finite = models.TrialValueModel.TrialValueType.FINITE
    return [{"objective": 0, "value": value, "value_type": finite} for value in trial.values or ()]


def params(trial: FrozenTrial) -> Rows:
    return [
        {
            "param_name": name,
            "param_value": each.to_internal_repr(trial.params[name]),
            "distribution_json": distribution_to_json(each),
        }
        for name, each in trial.distributions.items()
    ]


def attributes(trial: FrozenTrial) -> Rows:
    return [{"key": key, "value_json": json.dumps(value)} for key, value in trial.user_attrs.items()]


def intermediate_values(trial: FrozenTrial) -> Rows:
    kind = {"intermediate_value_type": models.TrialIntermediateValueModel.TrialIntermediateValueType.FINITE}
    return [{"step": step, "intermediate_value": value, **kind} for step, value in trial.intermediate_values.items()]


ROWS = {
    models.TrialValueModel: values,
    models.TrialParamModel: params,
    models.TrialUserAttributeModel: attributes,
    models.TrialIntermediateValueModel: intermediate_values,
}
