"""Writes what PyTorch computes for every case to golden/*.npz: python tests/parity/make_golden.py."""

from typing import Any

import numpy as np
from cases import CASES, GOLDEN
from with_torch import compute

if __name__ == "__main__":
    for kind, cases in CASES.items():
        arrays: dict[str, Any] = {f"{case.id}: {name}": a for case in cases for name, a in compute(kind, case).items()}
        np.savez_compressed(GOLDEN / f"{kind}.npz", **arrays)
        print(f"{kind}.npz: {len(cases)} cases, {(GOLDEN / f'{kind}.npz').stat().st_size / 1000:.0f} kB")
