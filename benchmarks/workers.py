"""Two workers against one, on equal trials."""

from collections.abc import Callable
from pathlib import Path
from statistics import fmean, median

from tools import Result, span, train, trials

QUIET = 0.1  # cores that others may keep busy; with a core taken away, two workers have no second one


def workers(tmp: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """1, 2, 1, 2, …: a grid over seeds of one configuration."""
    count, epochs, rounds, most = (4, 1, 1, 1) if quick else (10, 3, 3, 7)
    words = [f"seed=range(1,{count + 1})", "model.width=128", f"trainer.epochs={epochs}", "trainer.threads=1"]
    runs: dict[int, list[Result]] = {1: [], 2: []}
    for i in range(most):
        if sum(others(pair) < QUIET for pair in zip(runs[1], runs[2], strict=True)) == rounds:
            break
        for jobs in (1, 2):
            folder = tmp / f"workers-{i}-{jobs}"
            timing = train(folder, [*words, f"hydra.sweeper.n_jobs={jobs}"])
            spans = [span(trial) for trial in trials(folder)]
            assert len(spans) == count
            found = {
                "seconds": timing.seconds,
                "first_start_to_last_end": max(end for _, end in spans) - min(begin for begin, _ in spans),
                "seconds_per_trial": fmean(end - begin for begin, end in spans),
                "others": timing.others,
            }
            runs[jobs].append(found)
            say(f"workers: {jobs} at a time  {timing.seconds:.1f} s  others {timing.others:.2f} cores")

    every = list(zip(runs[1], runs[2], strict=True))
    chosen = sorted(every, key=others)[:rounds]
    return {
        "command": f"train.py -m {' '.join(words)} hydra.sweeper.n_jobs=1|2",
        "trials": count,
        "ratio": median(ratios(chosen, "seconds")),
        # What the machine allows: two trials side by side take longer each than one alone.
        "ceiling": median(2 * ratio for ratio in ratios(chosen, "seconds_per_trial")),
        "ratios": ratios(chosen, "seconds"),
        "others": [others(pair) for pair in chosen],
        "ratios_of_all_rounds": ratios(every, "seconds"),
        "goal": 1.8,
        "one": runs[1],
        "two": runs[2],
    }


def others(pair: tuple[Result, Result]) -> float:
    """How much of the machine was not ours in a round."""
    return max(one["others"] for one in pair)


def ratios(pairs: list[tuple[Result, Result]], key: str) -> list[float]:
    return [one[key] / two[key] for one, two in pairs]
