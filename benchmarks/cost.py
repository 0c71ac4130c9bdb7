"""The sweeper's own cost per trial, with few and with 10,000 finished trials in the journal.

Processor time, for a wall clock measures the machine's other users, too; beside it the wall time of the whole sweep,
with Hydra's composition and the disk, where the journal is synchronised for each parameter and attribute.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial
from results import Result
from study import open_study, sweep

NOOP = (sys.executable, str(Path(__file__).with_name("noop.py")))
OVERRIDES = ("sweep=wide", "hydra/sweeper/pruner=median")
PATTERNS = 6  # real trials that the finished ones are made from


def measure_cost(tmp: Path, quick: bool) -> Result:
    """Sweeps of a task that does nothing, one worker, behind so many finished trials."""
    sizes, count, rounds = ([10, 300], 5, 1) if quick else ([10, 1000, 10000], 30, 2)
    found: Result = {"command": f"noop.py -m {' '.join(OVERRIDES)}, journal file", "goal": "as at 10"}
    for sampler in ("random", "tpe"):
        folders = {size: tmp / f"cost-{sampler}-{size}" for size in sizes}
        runs: dict[int, list[Result]] = {size: [] for size in sizes}
        for size, folder in folders.items():
            extend(folder, sampler, PATTERNS)
            open_study(folder).add_trials(list(history(folder, size)))
        for i in range(1, rounds + 1):
            for size, folder in folders.items():
                runs[size].append(extend(folder, sampler, size + i * count, count))
        table = {str(size): {key: median(row[key] for row in rows) for key in rows[0]} for size, rows in runs.items()}
        least, *_, most = table.values()
        found |= {sampler: table, f"ratio_{sampler}": most["own_ms"] / least["own_ms"]}
        print(f"cost: {sampler}  {least['own_ms']:.1f} ms at {sizes[0]}, {most['own_ms']:.1f} ms at {sizes[-1]}")
    random = found["random"]
    least, *_, most = random.values()
    found["start_seconds"] = {size: row["start_seconds"] for size, row in random.items()}
    found["whole_sweeps"] = {
        "command": f"noop.py -m {' '.join(OVERRIDES)} hydra/sweeper/sampler=random",
        **{size: {key: row[key] for key in ("ms_per_trial", "start_and_end")} for size, row in random.items()},
        "ratio": most["ms_per_trial"] / least["ms_per_trial"],
    }
    return found


def extend(folder: Path, sampler: str, n_trials: int, new: int = PATTERNS) -> Result:
    """Go on with a sweep up to `n_trials`: milliseconds of processor time for each of the `new` ones.

    own_ms: next_ms (the queue, the point without the sampler) + tell_ms; results_ms: once in five seconds.
    """
    file = folder.with_suffix(".json")
    overrides = [*OVERRIDES, f"hydra/sweeper/sampler={sampler}", f"hydra.sweeper.n_trials={n_trials}"]
    ended = sweep(folder, overrides, NOOP, BENCHMARK_FILE=str(file))
    spans, calls = ended.spans[-new:], json.loads(file.read_text())
    ms = {name: 1000 * median(calls[name][:new]) for name in ("next", "tell")}
    inside = spans[-1][1] - spans[0][0]
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


def history(folder: Path, count: int) -> Iterator[FrozenTrial]:
    """Finished trials up to this count as a sweep leaves them: 20 epochs, a folder, a sixth of them pruned."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    patterns = open_study(folder).get_trials(deepcopy=False)
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
