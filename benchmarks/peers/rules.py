"""The optimizers' rules for peers that compile a whole step: the same lines for arrays of JAX and of PyTorch."""

from collections.abc import Callable
from typing import Any

import numpy as np
from suite import BETA1, BETA2, EPS, LR, MOMENTUM, MOMENTUM_DECAY

from fmnist.interfaces import Array

STEPS = 2**17  # that a peer ever takes
STATES = {"sgd": 0, "momentum": 1, "adam": 2, "nadam": 2}  # arrays like the parameter


def constants(optimizer: str) -> Array:
    """Each step's constants h, (steps, 3) float32: computed once, in double precision."""
    t = np.arange(1.0, STEPS + 1)
    lr, one = LR[optimizer], np.ones(STEPS)
    if optimizer in ("sgd", "momentum"):
        columns = [lr * one, one, one]
    elif optimizer == "adam":
        columns = [lr / (1 - BETA1**t), 1 / (1 - BETA2**t), one]
    else:
        mu, ahead = (BETA1 * (1 - 0.5 * 0.96 ** (MOMENTUM_DECAY * k)) for k in (t, t + 1))
        product = np.cumprod(mu)
        columns = [lr * (1 - mu) / (1 - product), lr * ahead / (1 - ahead * product), 1 / (1 - BETA2**t)]
    return np.stack(columns, axis=1).astype(np.float32)


def update(optimizer: str, p: Any, g: Any, state: Any, h: Any, sqrt: Callable[[Any], Any]) -> tuple[Any, Any]:
    """(parameter, state) after a step."""
    if optimizer == "sgd":
        return p - h[0] * g, state
    if optimizer == "momentum":
        u = MOMENTUM * state[0] + g
        return p - h[0] * u, (u,)
    m, v = state
    m = BETA1 * m + (1 - BETA1) * g
    v = BETA2 * v + (1 - BETA2) * (g * g)
    if optimizer == "adam":
        return p - h[0] * m / (sqrt(v * h[1]) + EPS), (m, v)
    return p - (h[0] * g + h[1] * m) / (sqrt(v * h[2]) + EPS), (m, v)
