"""A study as one more run of W&B, job type `sweep`.

It gets finished trials and the summary, works on copies in the connection's thread, and whatever fails there costs a
warning. Tables and figures are sent at the end, and before when there are half as many trials again as the last time,
so that what a sweep of n trials sends grows with log n, but not so often that it slows the trials.
"""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from fmnist.sweep.study.attributes import EPOCHS, FOLDER, REASON, SECONDS
from fmnist.sweep.study.states import FINISHED, STATES
from fmnist.tracker.weights_and_biases.connection import Connection

if TYPE_CHECKING:
    import wandb
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial

ENDS = {name: STATES[name].word for name in FINISHED}
COUNTS = [f"trials/{word}" for word in ENDS.values()]
GROWTH = 1.5
INTERVAL = 50  # seconds between tables and figures for every second that they take
NOT_SCALARS = ("top", "failures", "pareto_front")  # long lists, which the table has


class WandbStudy:
    """`objectives` by name, in the order of the study, with their directions; W&B has `n_sent` trials already."""

    def __init__(self, connection: Connection, objectives: Mapping[str, "StudyDirection"], n_sent: int = 0) -> None:
        self.connection, self.objectives = connection, dict(objectives)
        self.n_sent = n_sent
        self.drawn = 0  # trials that there were when tables and figures were sent
        self.drawn_at, self.cost = monotonic(), 1.0  # when that was, and how many seconds it took
        connection.submit(load)

    def show(self, trials: Sequence["FrozenTrial"], summary: Mapping[str, Any], *, end: str = "") -> None:
        """Send the study as it stands; returns at once, unless it is the `end`."""
        done = sorted((t for t in trials if t.state.name in ENDS), key=lambda t: (t.datetime_complete, t.number))
        rows, first = progress(done, self.objectives), self.n_sent
        self.n_sent = len(done)
        grown = len(done) >= max(self.drawn + 1, GROWTH * self.drawn)
        draw = bool(end) or (grown and monotonic() - self.drawn_at > INTERVAL * self.cost)
        if draw:
            self.drawn, self.drawn_at = len(done), monotonic()

        def send(run: "wandb.Run") -> None:
            # Tables and figures have rows of their own: the step is not the number of trials.
            there = sum(dict(run.summary).get(name, 0) for name in COUNTS) if self.connection.online else 0
            for row in rows[max(first, there) :]:
                run.log(row, commit=True)
            run.summary.update({key: value for key, value in summary.items() if key not in NOT_SCALARS})
            if draw and done:
                begin = monotonic()
                run.log({**tables(done, self.objectives, summary), **figures(done, self.objectives)})
                self.cost = monotonic() - begin
            if end:
                run.summary["state"] = end
                run.tags = (*(run.tags or ()), end)

        self.connection.submit(send)
        if end:
            self.connection.finish(0 if end == "finished" else 1, draws=True)


def load(run: "wandb.Run") -> None:
    """Import what draws while there is time: at the end the user waits for it."""
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
