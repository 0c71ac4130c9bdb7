"""Trials that failed and runs that did not finish, each with the reason."""

from collections.abc import Iterable, Sequence
from typing import Any

from fmnist.analysis.report.sweeps import Sweep
from fmnist.run.stored import StoredRun
from fmnist.sweep.results.results import failure
from fmnist.sweep.study.states import STATES
from fmnist.terminal.states import SUCCESSFUL

MOST = 200


def failure_section(runs: Sequence[StoredRun], sweeps: Sequence[Sweep]) -> dict[str, Any] | None:
    rows = [*trial_failures(sweeps), *run_failures(runs, sweeps)]
    return {"rows": rows[:MOST], "of": len(rows)} if rows else None


def trial_failures(sweeps: Iterable[Sweep]) -> Iterable[dict[str, str]]:
    for sweep in sweeps:
        if sweep.study is None:
            yield {"what": f"study {sweep.name}", "state": "not read", "reason": sweep.trouble, "setting": ""}
            continue
        for trial in sweep.study.get_trials(deepcopy=False):
            if trial.state.name == "FAIL":
                found = failure(trial, sweep.folder)
                setting, state = " ".join(found["overrides"]), STATES["FAIL"].word
                yield {"what": found["folder"], "state": state, "reason": found["reason"], "setting": setting}


def run_failures(runs: Iterable[StoredRun], sweeps: Iterable[Sweep]) -> Iterable[dict[str, str]]:
    """Those outside of the sweeps whose studies are shown."""
    studies = [sweep.folder.resolve() for sweep in sweeps if sweep.study is not None]
    for run in runs:
        if run.state not in SUCCESSFUL and not any(run.folder.resolve().is_relative_to(folder) for folder in studies):
            reason = run.reason or "no summary: it runs, or was killed"
            yield {"what": str(run.folder), "state": run.state, "reason": reason, "setting": ""}
