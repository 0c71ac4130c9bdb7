"""What a sweep leaves behind beside its trials' folders: a table, a summary, the best trial as an experiment.

trials.csv                 a row per trial, a column per parameter
summary.json               objectives, counts, best trial or Pareto front, the top ten, importances, failures
optimization_results.yaml  what hydra-optuna-sweeper writes under this name, for tools that read it
best.yaml                  the best trial as an experiment file; experiment/best.yaml is where Hydra finds it by name
"""

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fmnist.files import atomic
from fmnist.sweep.results.best import write_best
from fmnist.sweep.results.importance import importances
from fmnist.sweep.results.trial_table import official_results, trials_csv
from fmnist.sweep.study.attributes import FOLDER, OVERRIDES, REASON
from fmnist.sweep.study.states import STATES

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

TOP = 10  # trials in the summary's list of the best


def write_results(
    study: "Study",
    folder: Path,
    objectives: Sequence[str],
    extra: Mapping[str, Any],
    experiment_text: Callable[[Path], str],
    command: Sequence[str],
    *,
    ended: bool = True,
) -> dict[str, Any]:
    """Write all files into the sweep's folder and return the summary; may be called as often as one likes.

    Importances take their time, and are left out as long as the sweep has not `ended`.

    `objectives` are named in the study's order. `extra` goes into the summary as it is; its "fixed", if any, are the
    overrides that all trials share. `experiment_text` turns the folder of a trial into the text of an experiment file;
    `command` starts the program. With several objectives, "best" is the trial on the Pareto front that is best by the
    first one.
    """
    trials = study.get_trials(deepcopy=False)
    front = best_trials(study, trials)
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_text(folder / "trials.csv", trials_csv(trials, objectives))
    if front:
        atomic.write_text(folder / "optimization_results.yaml", official_results(front, len(objectives)))

    fixed = extra.get("fixed", [])
    front_summary = [describe(trial, folder, objectives, fixed, command) for trial in front]
    best = dict(front_summary[0]) if front_summary else None
    if best:
        written = write_best(folder, best, experiment_text)
        best["by_name"] = shlex.join([*command, "--config-dir", str(folder), "experiment=best"]) if written else ""
    summary = {
        "study": study.study_name,
        "folder": str(folder),
        "objectives": {
            name: direction.name.lower() for name, direction in zip(objectives, study.directions, strict=True)
        },
        "counts": {state.word: sum(trial.state.name == name for trial in trials) for name, state in STATES.items()},
        "best": best,
        **({"pareto_front": front_summary} if len(objectives) > 1 else {}),
        "top": top(study, trials),
        "importances": importances(study) if ended else {},
        "failures": [failure(trial, folder) for trial in trials if trial.state.name == "FAIL"],
        **extra,
    }
    summary = plain(summary)
    # Last: a best trial that the summary names has its experiment file already.
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


def describe(
    trial: "FrozenTrial", folder: Path, objectives: Sequence[str], fixed: Sequence[str], command: Sequence[str]
) -> dict[str, Any]:
    """One of the best trials, and the command line that runs it again."""
    overrides = trial.user_attrs.get(OVERRIDES, [])
    # A file of conf/sweep/ brings settings too, but would start the search again.
    alone = ["hydra.mode=RUN"] if any(override.lstrip("+").startswith("sweep=") for override in fixed) else []
    named = dict(zip(objectives, trial.values, strict=True))
    return {
        "number": trial.number,
        **({"value": trial.value} if len(objectives) == 1 else {"values": named}),
        "folder": trial_folder(trial, folder),
        "parameters": trial.params,
        "overrides": overrides,
        "command": shlex.join([*command, *fixed, *overrides, *alone]),
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


def plain(value: Any) -> Any:
    """JSON knows neither NaN nor infinity: they become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
