"""Which way a parameter pulls: its correlation with the objective over the complete trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

FEWEST = 4


def correlations(parameters: Sequence[Mapping[str, Any]], values: Sequence[float | None]) -> list[dict[str, Any]]:
    """Rows {name, choice, r, trials}, parameter by parameter. `values` are null where a trial is not complete.

    r is Pearson's, r = Σ(x−x̄)(y−ȳ) / √(Σ(x−x̄)² Σ(y−ȳ)²), over the trials that have the parameter; of log x where the
    parameter is searched on a log scale; for each choice of the 0/1 variable "it was chosen". Choices that are numbers
    are numbers.
    """
    rows = []
    for one in parameters:
        has = [i for i, x in enumerate(one["values"]) if x is not None and values[i] is not None]
        x, y = np.array([one["values"][i] for i in has], float), np.array([values[i] for i in has], float)
        choices = one.get("choices", [])
        if (amounts := numbers(choices)) is not None:
            x = np.array(amounts)[x.astype(int)] if choices else np.log(x) if one["log"] else x
            columns = [(None, x)]
        else:
            columns = [(choice, (x == i).astype(float)) for i, choice in enumerate(choices)]
        rows += [
            {"name": one["name"], "choice": choice, "r": r, "trials": len(has)}
            for choice, column in columns
            if (r := pearson(column, y)) is not None
        ]
    return rows


def numbers(choices: Sequence[str]) -> list[float] | None:
    """The choices as numbers, if all of them are."""
    try:
        return [float(choice) for choice in choices]
    except ValueError:
        return None


def pearson(x: np.ndarray, y: np.ndarray) -> float | None:
    """None with too few points, or where one of the two does not vary."""
    if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])
