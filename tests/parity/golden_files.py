"""The golden files: what PyTorch computed when `make_golden.py` was last run."""

from functools import cache

import numpy as np
from cases import GOLDEN, Case, Results


@cache
def load(kind: str) -> Results:
    with np.load(GOLDEN / f"{kind}.npz", allow_pickle=False) as file:
        return dict(file)


def golden(kind: str, case: Case) -> Results:
    prefix = f"{case.id}: "
    return {key.removeprefix(prefix): array for key, array in load(kind).items() if key.startswith(prefix)}
