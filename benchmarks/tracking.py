"""What Weights & Biases costs a sweep: the same one without it and with it, offline."""

from collections.abc import Callable
from pathlib import Path
from statistics import fmean, median

from tools import Result, child_seconds, span, train, trials


def tracking(tmp: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """disabled, offline, disabled, …: a grid over seeds of one configuration, two at a time."""
    count, epochs, rounds = (4, 1, 1) if quick else (30, 8, 3)
    words = [f"seed=range(1,{count + 1})", "model.width=128", f"trainer.epochs={epochs}", "hydra.sweeper.n_jobs=2"]
    runs: dict[str, list[Result]] = {"disabled": [], "offline": []}
    values: set[tuple[float | None, ...]] = set()
    for i in range(rounds):
        for mode, found in runs.items():
            folder, before = tmp / f"tracking-{i}-{mode}", child_seconds()
            timing = train(folder, words, wandb=mode)
            found.append({"seconds": timing.seconds, "cpu": child_seconds() - before, "others": timing.others})
            spans = [span(trial) for trial in trials(folder)]
            found[-1]["seconds_per_trial"] = fmean(end - begin for begin, end in spans)
            values.add(tuple(trial.value for trial in trials(folder)))
            say(f"tracking: {mode}  {timing.seconds:.1f} s  others {timing.others:.2f} cores")
    assert len(values) == 1, "a trial has another value with W&B"

    def more(key: str) -> float:
        pairs = zip(runs["offline"], runs["disabled"], strict=True)
        return median(with_it[key] / without[key] for with_it, without in pairs) - 1

    return {
        "command": f"train.py -m {' '.join(words)}",
        "trials": count,
        "more_seconds": more("seconds"),
        "more_cpu": more("cpu"),
        "goal": 0.05,
        **runs,
    }
