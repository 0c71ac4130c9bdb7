"""What went wrong, with its own words: trials that failed, and runs that did not come to their end."""

from collections.abc import Iterable, Sequence
from typing import Any

from fmnist.analysis.report.sweeps import Sweep
from fmnist.run.stored import StoredRun
from fmnist.sweep.results.results import failure
from fmnist.sweep.study.states import STATES

MOST = 200
FINE = ("finished", "pruned")


def failures(runs: Sequence[StoredRun], sweeps: Sequence[Sweep]) -> dict[str, Any] | None:
    rows = [*of_studies(sweeps), *of_runs(runs, sweeps)]
    return {"rows": rows[:MOST], "of": len(rows)} if rows else None


def of_studies(sweeps: Iterable[Sweep]) -> Iterable[dict[str, str]]:
    for sweep in sweeps:
        if sweep.study is None:
            yield {"what": f"study {sweep.name}", "state": "not read", "reason": sweep.trouble, "setting": ""}
            continue
        for trial in sweep.study.get_trials(deepcopy=False):
            if trial.state.name == "FAIL":
                told = failure(trial, sweep.folder)
                setting = " ".join(told["overrides"])
                yield {
                    "what": told["folder"],
                    "state": STATES["FAIL"].word,
                    "reason": told["reason"],
                    "setting": setting,
                }


def of_runs(runs: Iterable[StoredRun], sweeps: Iterable[Sweep]) -> Iterable[dict[str, str]]:
    """Those of a sweep are told by its study."""
    told = [sweep.folder.resolve() for sweep in sweeps if sweep.study is not None]
    for run in runs:
        if run.state not in FINE and not any(run.folder.resolve().is_relative_to(folder) for folder in told):
            reason = run.reason or "no summary: it runs, or was killed"
            yield {"what": str(run.folder), "state": run.state, "reason": reason, "setting": ""}
