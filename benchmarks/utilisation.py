"""How busy two workers are with uneven trials."""

import random
from collections.abc import Callable
from pathlib import Path
from statistics import median

from results import Result
from study import sweep


def utilisation(tmp: Path, quick: bool, say: Callable[[str], None]) -> Result:
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
        say(f"utilisation: {shares['until_queue_empty']:.1%}, {shares['whole']:.1%} with the tail")
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
