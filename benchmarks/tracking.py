"""What Weights & Biases costs a sweep: the same one without it and with it, offline."""

from pathlib import Path
from statistics import median

from results import Result
from study import ratios, sweep


def measure_tracking(tmp: Path, quick: bool) -> Result:
    """disabled, offline, disabled, …: a grid over seeds of one configuration, two at a time."""
    trials, epochs, rounds = (4, 1, 1) if quick else (30, 8, 3)
    overrides = [f"seed=range(1,{trials + 1})", "model.width=128", f"trainer.epochs={epochs}", "hydra.sweeper.n_jobs=2"]
    runs: dict[str, list[Result]] = {"disabled": [], "offline": []}
    values = set()
    for i in range(rounds):
        for mode, rows in runs.items():
            ended = sweep(tmp / f"tracking-{i}-{mode}", overrides, WANDB_MODE=mode)
            rows.append(ended.row())
            values.add(tuple(trial.value for trial in ended.trials))
            print(f"tracking: {mode}  {ended.seconds:.1f} s  others {ended.others:.2f} cores")
    assert len(values) == 1, "a trial has another value with W&B"

    return {
        "command": f"train.py -m {' '.join(overrides)}",
        "trials": trials,
        "more_seconds": median(ratios(runs["offline"], runs["disabled"])) - 1,
        "more_cpu": median(ratios(runs["offline"], runs["disabled"], "cpu")) - 1,
        "goal": 0.05,
        **runs,
    }
