"""How busy two workers are with uneven trials."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tools import Result, span, train, trials


def utilisation(tmp: Path, quick: bool, say: Callable[[str], None]) -> Result:
    """A grid of 1 to 12 epochs in random order, twice over."""
    most, rounds = (4, 1) if quick else (12, 2)
    epochs = random.Random(1).sample(range(1, most + 1), most)
    words = ["seed=1,2", f"trainer.epochs={','.join(map(str, epochs))}", "model.width=128", "trainer.threads=1"]
    words += ["hydra.sweeper.n_jobs=2"]
    runs: list[Result] = []
    for i in range(rounds):
        folder = tmp / f"utilisation-{i}"
        timing = train(folder, words)
        found = busy(sorted(span(trial) for trial in trials(folder)))
        wall = found["wall"]
        training = sum(json.loads(file.read_text())["seconds"] for file in folder.glob("*/summary.json"))
        runs.append({**found, "epochs_alone": training / (2 * wall), "others": timing.others})
        say(f"utilisation: {found['until_queue_empty']:.1%}, {found['whole']:.1%} with the tail")
    keys = ("until_queue_empty", "whole", "epochs_alone")
    return {
        "command": f"train.py -m {' '.join(words)}",
        "trials": 2 * most,
        **{key: median(one[key] for one in runs) for key in keys},
        "goal": 0.95,
        "runs": runs,
    }


def busy(spans: list[tuple[float, float]]) -> Result:
    """Busy time of two slots over twice the wall time: of everything, and until the last trial was taken."""
    first, empty, last = spans[0][0], spans[-1][0], max(end for _, end in spans)

    def share(until: float) -> float:
        return sum(min(end, until) - begin for begin, end in spans) / (2 * (until - first))

    seconds = [end - begin for begin, end in spans]
    return {
        "whole": share(last),
        "until_queue_empty": share(empty),
        "wall": last - first,
        "tail": last - empty,
        "shortest": min(seconds),
        "longest": max(seconds),
    }
