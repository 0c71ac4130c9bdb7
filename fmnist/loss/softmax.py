"""The softmax and its logarithm, with logits shifted by their maximum so that nothing overflows."""

import numpy as np

from fmnist.interfaces import Array


def log_softmax(z: Array) -> Array:
    """log p, with log pⱼ = zⱼ − log Σᵢ e^zᵢ, row by row of z (n, k)."""
    shifted = z - z.max(axis=1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted


def softmax(z: Array) -> Array:
    """p, with pⱼ = e^zⱼ / Σᵢ e^zᵢ, row by row of z (n, k)."""
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p
