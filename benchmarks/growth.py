"""How the cost of an epoch grows with the training set, the width and the depth, beside the matrix products' cost."""

from math import log
from statistics import median

from results import Result
from rounds import measure
from suite import EXAMPLES, STEPS, Cell
from worker import Worker, build, seconds

PEERS = ("ours", "matmul")


def measure_growth(quick: bool) -> Result:
    """Seconds of an epoch, ours and the products alone, at each size."""
    rounds = 1 if quick else 3
    widths = (64, 512) if quick else (32, 64, 128, 256, 512, 1024, 2048)
    depths = (1, 4) if quick else (1, 2, 4, 8, 16)
    found: Result = {"examples": examples(rounds)}
    for name, cells in {
        "width": {width: Cell((width, width), 64) for width in widths},
        "depth": {depth: Cell((256,) * depth, 64) for depth in depths},
    }.items():
        rows = measure(list(cells.values()), PEERS, rounds)
        epochs = {peer: [row["us"][peer] / 1e6 * EXAMPLES / 64 for row in rows] for peer in PEERS}
        found[name] = {"sizes": list(cells), **epochs}
    return found


def examples(rounds: int) -> Result:
    """Of the default network; the exponent of the growth between the smallest and the largest is to be 1."""
    cell = Cell((256, 256), 64)
    steps = [n * STEPS for n in (2, 4, 8, 16, 28)]
    found: Result = {"sizes": [n * cell.batch for n in steps]}
    for peer in PEERS:
        with Worker() as process:
            process.call(build, peer, cell, 1)
            process.call(seconds, steps[0], 0)
            found[peer] = [median(process.call(seconds, n, 1 + i) for i in range(rounds)) for n in steps]
    ours, sizes = found["ours"], found["sizes"]
    found["exponent"] = log(ours[-1] / ours[0]) / log(sizes[-1] / sizes[0])
    print(f"examples: an epoch's cost grows with their number to the power of {found['exponent']:.3f}")
    return found
