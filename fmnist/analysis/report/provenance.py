"""Where the runs come from: code, packages, machines."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from fmnist.files.run_folder import read_environment
from fmnist.run.stored import StoredRun


def provenance_section(runs: Sequence[StoredRun], best: StoredRun | None) -> dict[str, Any] | None:
    """The environment of the best run (without one, of the first), and in how many environments the runs were made."""
    environments = [environment for run in runs if (environment := read_environment(run.folder))]
    if not environments:
        return None
    shown = read_environment((best or runs[0]).folder) or environments[0]
    commits = Counter(commit(environment) for environment in environments)
    machines = Counter(environment["cpu"] for environment in environments)
    places = {f"at {len(commits)} states of the code": commits, f"on {len(machines)} kinds of processor": machines}
    return {
        "rows": rows(shown),
        "remarks": [
            f"The runs were made {place}: " + ", ".join(f"{name} ({n:,})" for name, n in counts.most_common(5))
            for place, counts in places.items()
            if len(counts) > 1
        ],
    }


def commit(environment: dict[str, Any]) -> str:
    git = environment["git"]
    if not git["commit"]:
        return "no git checkout"
    return git["commit"][:12] + (" with changes" if git["dirty"] else "")


def rows(environment: dict[str, Any]) -> list[list[str]]:
    """Label and text."""
    blas = (f"{b['internal_api']} {b['version']}, {b['num_threads']} threads" for b in environment["blas"])
    return [
        ["started", environment["started"]],
        ["code", f"fmnist {environment['fmnist']}, {commit(environment)}"],
        ["Python", environment["python"]],
        ["packages", ", ".join(f"{name} {version}" for name, version in environment["packages"].items())],
        ["BLAS", "; ".join(blas) or "none found"],
        ["system", environment["system"]],
        ["processor", f"{environment['cpu']}, {environment['cores']} cores"],
        ["seeds", ", ".join(f"{key}={value}" for key, value in environment["seeds"].items() if value is not None)],
    ]
