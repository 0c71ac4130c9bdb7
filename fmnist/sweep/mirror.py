"""The study as one more run of W&B, job type `sweep`: told what is there, never asked.

A one-way mirror: it gets finished trials and the summary, works on copies in the connection's thread, and whatever
fails there costs a warning. Tables and figures are sent at the end, and before when there are half as many trials again
as the last time, so that what a sweep of n trials sends grows with log n, but not so often that it slows the trials.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig

from fmnist.config.build import build
from fmnist.files.yaml import read_yaml
from fmnist.sweep.study.attributes import EPOCHS, FOLDER, REASON, SECONDS
from fmnist.sweep.study.states import FINISHED, STATES
from fmnist.tracker.connection import Connection, is_disabled, known_id
from fmnist.tracker.wandb import Wandb

if TYPE_CHECKING:
    import wandb
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial

ENDS = {name: STATES[name].word for name in FINISHED}
GROWTH = 1.5
PATIENCE = 50  # seconds between tables and figures for every second that they take
NOT_A_FIGURE = ("top", "failures", "pareto_front")  # long lists, which the table has


class Mirror:
    """`objectives` by name, in the study's order, with their directions."""

    def __init__(self, connection: Connection, objectives: Mapping[str, "StudyDirection"], told: int = 0) -> None:
        self.connection, self.objectives = connection, dict(objectives)
        self.told = told  # trials whose figures W&B has
        self.drawn = 0  # trials that there were when tables and figures were sent
        self.drawn_at, self.cost = monotonic(), 1.0  # when that was, and how many seconds it took
        connection.do(load)

    def show(self, trials: Sequence["FrozenTrial"], summary: Mapping[str, Any], *, end: str = "") -> None:
        """What the study looks like now; returns at once, unless it is the `end`: finished, failed, interrupted."""
        done = sorted((t for t in trials if t.state.name in ENDS), key=lambda t: (t.datetime_complete, t.number))
        rows = progress(done, self.objectives)[self.told :]
        first, self.told = self.told + 1, len(done)
        grown = len(done) >= max(self.drawn + 1, GROWTH * self.drawn)
        draw = bool(end) or (grown and monotonic() - self.drawn_at > PATIENCE * self.cost)
        if draw:
            self.drawn, self.drawn_at = len(done), monotonic()

        def tell(run: "wandb.Run") -> None:
            for step, row in enumerate(rows, first):
                run.log(row, step=step, commit=True)
            run.summary.update({key: value for key, value in summary.items() if key not in NOT_A_FIGURE})
            if draw and done:
                begin = monotonic()
                run.log({**tables(done, self.objectives, summary), **figures(done, self.objectives)})
                self.cost = monotonic() - begin
            if end:
                run.summary["state"] = end
                run.tags = (*(run.tags or ()), end)

        self.connection.do(tell)
        if end:
            self.connection.finish(0 if end == "finished" else 1)


def mirror(
    tracker: DictConfig | None, folder: Path, study: str, objectives: Mapping[str, "StudyDirection"], told: int
) -> Mirror | None:
    """The mirror of the sweep in a folder, if its runs are tracked by W&B; `told`: trials that ended before this."""
    settings = build("tracker", tracker) if tracker else None
    if not isinstance(settings, Wandb) or is_disabled():
        return None
    before = known_id(folder)
    return open_mirror(settings, folder, study, objectives, told=told if before else 0, id=before)


def open_mirror(
    settings: Wandb, folder: Path, study: str, objectives: Mapping[str, "StudyDirection"], told: int = 0, **init: Any
) -> Mirror:
    """A run of W&B's for the study of a sweep's folder."""
    config = {"folder": str(folder), "study": study, "multirun": read_yaml(folder / "multirun.yaml")}
    own = replace(settings, name=None, job_type=None)
    connection = own.connect(folder, config=config, name=study, group=study, job_type="sweep", **init)
    return Mirror(connection, objectives, told)


def load(run: "wandb.Run") -> None:
    """Import what draws before the end, when somebody waits for it."""
    from optuna import visualization

    visualization.is_available()


def progress(done: Sequence["FrozenTrial"], objectives: Mapping[str, "StudyDirection"]) -> list[dict[str, Any]]:
    """A row per trial in the order of their ends: its values, the best ones so far, how many ended how."""
    rows, best, counts = [], dict[str, float](), dict.fromkeys(ENDS.values(), 0)
    for trial in done:
        counts[ENDS[trial.state.name]] += 1
        row: dict[str, Any] = {"trial": trial.number, "seconds": trial.user_attrs.get(SECONDS)}
        if trial.state.name == "COMPLETE":
            for (name, direction), value in zip(objectives.items(), trial.values, strict=True):
                better = max if direction.name == "MAXIMIZE" else min
                row[name] = value
                best[f"best/{name}"] = better(value, best.get(f"best/{name}", value))
        rows.append({**row, **best, **{f"trials/{state}": count for state, count in counts.items()}})
    return rows


def tables(done: Sequence["FrozenTrial"], objectives: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """All trials, and how much each parameter matters."""
    import wandb

    keys = list(dict.fromkeys(key for trial in done for key in trial.params))
    columns: list[str | int] = ["number", "state", *objectives, "seconds", "epochs", *keys, "reason", "folder"]
    data = [
        [
            trial.number,
            ENDS[trial.state.name],
            *(trial.values or [None] * len(objectives)),
            *(trial.user_attrs.get(name) for name in (SECONDS, EPOCHS)),
            *(trial.params.get(key) for key in keys),
            *(trial.user_attrs.get(name) for name in (REASON, FOLDER)),
        ]
        for trial in done
    ]
    found: dict[str, Any] = {"trials": wandb.Table(columns=columns, data=data, allow_mixed_types=True)}
    if shares := summary.get("importances"):
        table = wandb.Table(columns=["parameter", "importance"], data=[[*pair] for pair in shares.items()])
        found["importances"] = wandb.plot.bar(table, "parameter", "importance", title="Importance (PED-ANOVA)")
    return found


def figures(done: Sequence["FrozenTrial"], objectives: Mapping[str, "StudyDirection"]) -> dict[str, "wandb.Plotly"]:
    """Optuna's own pictures of a copy of the study, for the first objective."""
    import optuna
    import wandb
    from optuna import visualization

    if not visualization.is_available() or not any(trial.state.name == "COMPLETE" for trial in done):
        return {}
    (name, direction), *_ = objectives.items()
    copy = optuna.create_study(direction=direction)
    copy.add_trials([first_objective(trial) for trial in done])
    pictures = {
        "history": visualization.plot_optimization_history(copy, target_name=name),
        "parallel_coordinates": visualization.plot_parallel_coordinate(copy, target_name=name),
        "slices": visualization.plot_slice(copy, target_name=name),
    }
    return {f"study/{key}": wandb.Plotly(picture) for key, picture in pictures.items()}


def first_objective(trial: "FrozenTrial") -> "FrozenTrial":
    import optuna

    return optuna.trial.create_trial(
        state=trial.state,
        value=trial.values[0] if trial.values else None,
        params=trial.params,
        distributions=trial.distributions,
        intermediate_values=trial.intermediate_values,
    )
