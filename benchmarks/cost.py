"""The sweeper's own cost per trial, with few and with 10,000 finished trials, in a journal and in PostgreSQL.

Processor time, for a wall clock measures the machine's other users, too; beside it the wall time of the whole sweep,
with Hydra's composition, the disk, where the journal is synchronised for each parameter and attribute, and the server.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean, median

import optuna
from bulk import add_trials
from optuna.trial import FrozenTrial, TrialState, create_trial
from process import ROOT
from results import Result
from study import load_study, spans, sweep

sys.path.append(str(ROOT / "tests"))  # the server of the tests

NOOP = (sys.executable, str(Path(__file__).with_name("noop.py")))
OVERRIDES = ("sweep=wide", "hydra/sweeper/pruner=median", "study=cost")
PATTERNS = 6  # real trials that the finished ones are made from
Copy = Callable[[str, str], str]  # the URL of a new storage, a copy of the one with another URL, or empty


def measure_cost(tmp: Path, quick: bool) -> Result:
    """Sweeps of a task that does nothing, one worker, behind so many finished trials."""
    from postgres import Server

    def journal(name: str, of: str) -> str:
        url = f"{tmp}/{name}.journal"
        if of:
            shutil.copy(of, url)
        return url

    def database(name: str, of: str) -> str:
        server.sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {of.rpartition('/')[2]}" if of else ""))
        return server.url(name)

    sizes, count, rounds = ([10, 300], 5, 1) if quick else ([10, 10000], 30, 3)
    found: Result = {"command": f"noop.py -m {' '.join(OVERRIDES)}", "goal": "at most twice that at 10"}
    server = Server()
    try:
        for name, copy in {"journal": journal, "postgresql": database}.items():
            found[name] = measure(tmp / name, copy, sizes, count, rounds)
    finally:
        server.stop()
    return found


def measure(tmp: Path, copy: Copy, sizes: list[int], count: int, rounds: int) -> Result:
    """On one kind of storage."""
    tmp.mkdir()
    found: Result = {}
    begun = {size: begin(tmp / f"begun{size}", copy, size) for size in sizes}
    for sampler in ("random", "tpe"):
        urls = {size: copy(f"{sampler}{size}", url) for size, url in begun.items()}
        runs: dict[int, list[Result]] = {size: [] for size in sizes}
        for i in range(1, rounds + 1):
            for size, url in urls.items():
                runs[size].append(extend(tmp / f"{sampler}{size}", url, sampler, size + i * count, count))
        table = {str(size): {key: median(row[key] for row in rows) for key in rows[0]} for size, rows in runs.items()}
        least, most = table.values()
        ratios = {f"ratio_{key}": most[key] / least[key] for key in ("own_ms", "ms_per_trial")}
        shown = ", ".join(f"{row['own_ms']:.1f} ms at {size}" for size, row in table.items())
        found[sampler] = table | ratios
        print(f"cost: {tmp.name} {sampler}  {shown}")
    return found


def begin(folder: Path, copy: Copy, size: int) -> str:
    """The URL of a study with this many finished trials."""
    url = copy(folder.name, "")
    extend(folder, url, "random", PATTERNS)
    with load_study(url) as study:
        add_trials(study, list(history(study.get_trials(deepcopy=False), size)))
    return url


def extend(folder: Path, url: str, sampler: str, n_trials: int, new: int = PATTERNS) -> Result:
    """Go on with a sweep up to `n_trials`: milliseconds of processor time for each of the `new` ones.

    own_ms: next_ms (the queue, the point without the sampler) + tell_ms; results_ms: once in five seconds.
    """
    file = folder.with_suffix(".json")
    words = [f"hydra/sweeper/sampler={sampler}", f"hydra.sweeper.storage={url}", f"hydra.sweeper.n_trials={n_trials}"]
    ended = sweep(folder, [*OVERRIDES, *words], NOOP, BENCHMARK_FILE=str(file))
    calls = json.loads(file.read_text())
    with load_study(url) as study:
        added = spans(study.get_trials(deepcopy=False))[-new:]
    ms = {name: 1000 * fmean(calls[name][:new]) for name in ("next", "tell")}
    inside = added[-1][1] - added[0][0]
    return {
        "next_ms": ms["next"],
        "tell_ms": ms["tell"],
        "sampler_ms": 1000 * sum(calls["sampler"]) / new,
        "results_ms": 1000 * median(calls["results"][:-1] or calls["results"]),  # the last has the importances
        "own_ms": ms["next"] + ms["tell"],
        "start_seconds": sum(calls["start"]),
        "ms_per_trial": 1000 * inside / new,
        "start_and_end": ended.seconds - inside,
    }


def history(patterns: list[FrozenTrial], count: int) -> Iterator[FrozenTrial]:
    """Finished trials up to this count as a sweep leaves them: 20 epochs, a folder, a sixth of them pruned."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    for number in range(len(patterns), count):
        pattern = patterns[number % len(patterns)]  # not every trial has every parameter
        params = study.ask(pattern.distributions).params
        pruned = number % 6 == 5
        overrides = [f"{key}={value}" for key, value in params.items()]
        yield create_trial(
            state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
            value=None if pruned else 0.5 + 0.4 * (number * 0.618 % 1),
            params=params,
            distributions=pattern.distributions,
            intermediate_values={epoch: 0.5 + 0.01 * epoch for epoch in range(1, 6 if pruned else 21)},
            user_attrs=pattern.user_attrs | {"overrides": overrides, "folder": str(number)},
        )
