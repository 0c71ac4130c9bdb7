"""What a sweep leaves behind beside its trials' folders: a table, a summary, the best trial as an experiment.

trials.csv                 a row per trial, a column per parameter
summary.json               objectives, counts, best trial or Pareto front, the top ten, importances, failures
optimization_results.yaml  what hydra-optuna-sweeper writes under this name, for tools that read it
best.yaml                  the best trial as an experiment file; experiment/best.yaml is where Hydra finds it by name
"""

import csv
import io
import json
import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import OmegaConf

from fmnist.errors import FmnistError, show
from fmnist.files import atomic
from fmnist.sweep.results.importance import importances
from fmnist.sweep.study.attributes import EPOCHS, FOLDER, OVERRIDES, REASON, SECONDS

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

TOP = 10  # trials in the summary's list of the best

# Optuna's names of the states, and ours.
STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}


def write_results(
    study: "Study",
    folder: Path,
    objectives: Sequence[str],
    extra: Mapping[str, Any],
    experiment: Callable[[Path], str],
    *,
    ended: bool = True,
) -> dict[str, Any]:
    """Write all files into the sweep's folder and return the summary; may be called as often as one likes.

    Importances take their time, and are left out as long as the sweep has not `ended`.

    `objectives` are named in the study's order. `extra` goes into the summary as it is; its "fixed", if any, are the
    overrides that all trials share. `experiment` turns the folder of a trial into the text of an experiment file. With
    several objectives, "best" is the trial on the Pareto front that is best by the first one.
    """
    trials = study.get_trials(deepcopy=False)
    front = best_trials(study, trials)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_text(folder / "trials.csv", trial_table(trials, objectives))
    if front:
        atomic.write_text(folder / "optimization_results.yaml", official(front, len(objectives)))

    fixed = extra.get("fixed", [])
    described = [describe(trial, folder, objectives, fixed) for trial in front]
    best = dict(described[0]) if described else None
    if best:
        rerun = write_best(folder, best, experiment)
        best["by_name"] = shlex.join(["python", "train.py", "--config-dir", str(folder), "experiment=best"]) * rerun
    summary = {
        "study": study.study_name,
        "folder": str(folder),
        "objectives": {
            name: direction.name.lower() for name, direction in zip(objectives, study.directions, strict=True)
        },
        "counts": {state: sum(trial.state.name == name for trial in trials) for name, state in STATES.items()},
        "best": best,
        **({"pareto_front": described} if len(objectives) > 1 else {}),
        "top": top(study, trials),
        "importances": importances(study) if ended else {},
        "failures": [failure(trial, folder) for trial in trials if trial.state.name == "FAIL"],
        **extra,
    }
    summary = plain(summary)
    # Last: whose summary says that a trial is the best has its experiment file too.
    atomic.write_json(folder / "summary.json", summary)
    return summary


def best_trials(study: "Study", trials: Sequence["FrozenTrial"]) -> list["FrozenTrial"]:
    """The best trial, or the Pareto front sorted by the first objective; no trial that breaks a constraint."""
    if not any(trial.state.name == "COMPLETE" for trial in trials):
        return []
    if len(study.directions) > 1:
        sign = -1 if study.directions[0].name == "MAXIMIZE" else 1
        return sorted(study.best_trials, key=lambda trial: (sign * trial.values[0], trial.number))
    try:
        return [study.best_trial]
    except ValueError:  # every complete trial breaks a constraint
        return []


def top(study: "Study", trials: Sequence["FrozenTrial"]) -> list[dict[str, Any]]:
    """The best complete trials by the first objective."""
    sign = -1 if study.directions[0].name == "MAXIMIZE" else 1
    complete = [trial for trial in trials if trial.state.name == "COMPLETE"]
    ranked = sorted(complete, key=lambda trial: (sign * trial.values[0], trial.number))[:TOP]
    return [
        {"number": trial.number, "values": trial.values, "overrides": trial.user_attrs.get(OVERRIDES, [])}
        for trial in ranked
    ]


def write_best(folder: Path, best: Mapping[str, Any], experiment: Callable[[Path], str]) -> bool:
    """Write best.yaml twice, if the best trial is another than before. False: the trial's folder is gone."""
    files = folder / "best.yaml", folder / "experiment" / "best.yaml"
    if all(file.exists() for file in files) and previous_best(folder) == best["number"]:
        return True
    try:
        text = experiment(Path(best["folder"]))
    except FmnistError:
        for file in files:  # that of an earlier best trial would lie
            file.unlink(missing_ok=True)
        return False
    for file in files:
        file.parent.mkdir(exist_ok=True)
        atomic.write_text(file, text)
    return True


def previous_best(folder: Path) -> int | None:
    """The number of the best trial when the results were last written."""
    try:
        return json.loads((folder / "summary.json").read_text())["best"]["number"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def describe(trial: "FrozenTrial", folder: Path, objectives: Sequence[str], fixed: Sequence[str]) -> dict[str, Any]:
    """One of the best trials, and the command line that runs it again."""
    overrides = trial.user_attrs.get(OVERRIDES, [])
    # A file of conf/sweep/ brings settings too, but would start the search again.
    alone = ["hydra.mode=RUN"] if any(word.lstrip("+").startswith("sweep=") for word in fixed) else []
    named = dict(zip(objectives, trial.values, strict=True))
    return {
        "number": trial.number,
        **({"value": trial.value} if len(objectives) == 1 else {"values": named}),
        "folder": trial_folder(trial, folder),
        "parameters": trial.params,
        "overrides": overrides,
        "command": shlex.join(["python", "train.py", *fixed, *overrides, *alone]),
    }


def failure(trial: "FrozenTrial", folder: Path) -> dict[str, Any]:
    attributes = trial.user_attrs
    return {
        "number": trial.number,
        "overrides": attributes.get(OVERRIDES, []),
        "reason": attributes.get(REASON, "unknown"),
        "folder": trial_folder(trial, folder),
    }


def trial_folder(trial: "FrozenTrial", folder: Path) -> str:
    return str(folder / str(trial.user_attrs.get(FOLDER, trial.number)))


def trial_table(trials: Sequence["FrozenTrial"], objectives: Sequence[str]) -> str:
    """trials.csv. A parameter that does not exist for a trial is blank; one that is nothing is null."""
    parameters = list(dict.fromkeys(name for trial in trials for name in trial.params))
    values = ["value"] if len(objectives) == 1 else list(objectives)
    # `seconds` may be an objective too: one column for both, the objective's.
    columns = dict.fromkeys(["number", "state", *values, EPOCHS, SECONDS, *parameters, REASON, FOLDER])
    text = io.StringIO()
    table = csv.DictWriter(text, list(columns), lineterminator="\n")
    table.writeheader()
    for trial in trials:
        row = {"number": trial.number, "state": STATES[trial.state.name]}
        row |= {name: trial.user_attrs.get(name) for name in (EPOCHS, SECONDS, REASON, FOLDER)}
        row |= {name: show(value) for name, value in trial.params.items()}
        table.writerow(row | dict(zip(values, trial.values or [None] * len(values), strict=True)))
    return text.getvalue()


def official(front: Sequence["FrozenTrial"], objectives: int) -> str:
    """optimization_results.yaml with the keys of hydra-optuna-sweeper 1.2 to 1.4."""
    if objectives == 1:
        results: dict[str, Any] = {"name": "optuna", "best_params": front[0].params, "best_value": front[0].value}
    else:
        solutions = [{"params": trial.params, "values": trial.values} for trial in front]
        results = {"name": "optuna", "solutions": solutions}
    return OmegaConf.to_yaml(results)


def plain(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: they become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
