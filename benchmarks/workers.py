"""Two workers: against one on equal trials, and how busy with uneven ones."""

import random
from pathlib import Path
from statistics import median

from results import Result
from study import ratios, sweep

QUIET = 0.1  # cores that others may keep busy; with a core taken away, two workers have no second one


def measure_workers(tmp: Path, quick: bool) -> Result:
    """1, 2, 1, 2, …: a grid over seeds of one configuration."""
    trials, epochs, rounds, most = (4, 1, 1, 1) if quick else (10, 3, 3, 7)
    overrides = [f"seed=range(1,{trials + 1})", "model.width=128", f"trainer.epochs={epochs}", "trainer.threads=1"]
    runs: list[tuple[Result, Result]] = []
    while len(runs) < most and sum(others(pair) < QUIET for pair in runs) < rounds:
        one, two = (measure(tmp / f"{len(runs)}-{n}", [*overrides, f"hydra.sweeper.n_jobs={n}"]) for n in (1, 2))
        runs.append((one, two))
        print(f"workers: one {one['seconds']:.1f} s, two {two['seconds']:.1f} s, others {others(runs[-1]):.2f} cores")
    ones, twos = zip(*runs, strict=True)
    quietest = sorted(runs, key=others)[:rounds]
    quiet_ones, quiet_twos = zip(*quietest, strict=True)
    times = ratios(quiet_ones, quiet_twos)
    return {
        "command": f"train.py -m {' '.join(overrides)} hydra.sweeper.n_jobs=1|2",
        "trials": trials,
        "ratio": median(times),
        # What the machine allows: two trials side by side take longer each than one alone.
        "ceiling": 2 * median(ratios(quiet_ones, quiet_twos, "seconds_per_trial")),
        "ratios": times,
        "others": [others(pair) for pair in quietest],
        "ratios_of_all_rounds": ratios(ones, twos),
        "goal": 1.8,
        "one": ones,
        "two": twos,
    }


def measure(folder: Path, overrides: list[str]) -> Result:
    ended = sweep(folder, overrides)
    begins, ends = zip(*ended.spans, strict=True)
    return {**ended.row(), "first_start_to_last_end": max(ends) - min(begins)}


def others(pair: tuple[Result, Result]) -> float:
    """How many cores other programs kept busy in a round."""
    return max(one["others"] for one in pair)


def utilisation(tmp: Path, quick: bool) -> Result:
    """A grid of 1 to 12 epochs in random order, twice over."""
    most, rounds = (4, 1) if quick else (12, 2)
    epochs = random.Random(1).sample(range(1, most + 1), most)
    overrides = ["seed=1,2", f"trainer.epochs={','.join(map(str, epochs))}", "model.width=128", "trainer.threads=1"]
    overrides += ["hydra.sweeper.n_jobs=2"]
    runs: list[Result] = []
    for i in range(rounds):
        ended = sweep(tmp / f"utilisation-{i}", overrides)
        shares = busy(ended.spans)
        runs.append({**shares, "epochs_alone": ended.training / (2 * shares["wall"]), "others": ended.others})
        print(f"utilisation: {shares['until_queue_empty']:.1%}, {shares['whole']:.1%} with the tail")
    return {
        "command": f"train.py -m {' '.join(overrides)}",
        "trials": 2 * most,
        **{key: median(run[key] for run in runs) for key in ("until_queue_empty", "whole", "epochs_alone")},
        "goal": 0.95,
        "runs": runs,
    }


def busy(spans: list[tuple[float, float]]) -> Result:
    """Busy time of two slots over twice the wall time: of everything, and until the last trial was taken."""
    first, empty, last = min(spans)[0], max(spans)[0], max(end for _, end in spans)

    def share(until: float) -> float:
        return sum(min(end, until) - begin for begin, end in spans) / (2 * (until - first))

    return {"whole": share(last), "until_queue_empty": share(empty), "wall": last - first, "tail": last - empty}
