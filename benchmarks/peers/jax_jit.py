"""JAX: the whole step is one jitted function with donated buffers; the examples stay on the device as bytes.

Two forms are measured, and the faster counts: a call for each step, and `lax.scan` over 32 steps a call.
Bytes, gathered and scaled within the step, were faster than floats.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from suite import DROPOUT, STEPS, Cell

from fmnist.interfaces import Array
from peers import Peer
from peers.rules import STATES, constants, update
from peers.start import data, weights

jax.config.update("jax_default_prng_impl", "rbg")  # for dropout; the default generator is much slower on a CPU


class Step(Peer):
    def __init__(self, cell: Cell, threads: int | None) -> None:
        """The threads are those of the cores that the process may use: JAX counts them when it starts."""
        P = {name: jnp.asarray(array) for name, array in weights(cell).items()}
        S = {name: tuple(jnp.zeros_like(p) for _ in range(STATES[cell.optimizer])) for name, p in P.items()}
        normed = cell.hidden if cell.extra == "batch norm" else ()
        R = {i: (jnp.zeros(width), jnp.ones(width)) for i, width in enumerate(normed, 1)}
        self.carry: Any = (P, S, R, jax.random.key(0), jnp.int32(0))
        x, y = jnp.asarray(data().train.x), jnp.asarray(data().train.y.astype(np.int32))
        self.constant = (x, y, jnp.asarray(constants(cell.optimizer)))
        self.compiled = self.compile(cell, np.float32(data().scale))

    def compile(self, cell: Cell, scale: np.float32) -> Any:
        return jax.jit(partial(step, cell, scale), donate_argnums=0)

    def batches(self, order: Array) -> list[Any]:
        return jax.block_until_ready([jnp.asarray(rows) for rows in order.astype(np.int32)])

    def step(self, rows: Any) -> Any:
        self.carry, loss = self.compiled(self.carry, rows, *self.constant)
        return loss

    def wait(self) -> None:
        jax.block_until_ready(self.carry)

    def losses(self, order: Array) -> list[float]:
        return np.hstack([self.step(rows) for rows in self.batches(order)]).tolist()


class Scan(Step):
    def compile(self, cell: Cell, scale: np.float32) -> Any:
        def scan(carry: Any, rows: Any, x: Any, y: Any, h: Any) -> Any:
            return jax.lax.scan(lambda c, r: step(cell, scale, c, r, x, y, h), carry, rows)

        return jax.jit(scan, donate_argnums=0)

    def batches(self, order: Array) -> list[Any]:
        return super().batches(order.reshape(-1, STEPS, order.shape[1]))


def step(cell: Cell, scale: np.float32, carry: Any, rows: Any, x: Any, y: Any, h: Any) -> Any:
    """Gather, forward, loss, backward, update: (parameters, optimizer's state, running estimates, key, t)."""
    P, S, R, key, t = carry
    images = x[rows].astype(jnp.float32) * scale
    key, mine = jax.random.split(key) if cell.extra == "dropout" else (key, key)
    (loss, batch_stats), G = jax.value_and_grad(forward, argnums=1, has_aux=True)(cell, P, images, y[rows], mine)
    new = {name: update(cell.optimizer, P[name], G[name], S[name], h[t], jnp.sqrt) for name in P}
    n = cell.batch
    for i, (mean, var) in batch_stats.items():
        R[i] = (0.9 * R[i][0] + 0.1 * mean, 0.9 * R[i][1] + 0.1 * var * (n / (n - 1)))
    P, S = {name: p for name, (p, _) in new.items()}, {name: s for name, (_, s) in new.items()}
    return (P, S, R, key, t + 1), loss


def forward(cell: Cell, P: Any, a: Any, y: Any, key: Any) -> Any:
    """The mean cross-entropy of a batch, and the batch's means and variances where it is normalised."""
    sigma = {"relu": jax.nn.relu, "tanh": jnp.tanh}[cell.activation]
    stats = {}
    for i, width in enumerate(cell.hidden, 1):
        z = a @ P[f"dense{i}.W"]
        if cell.extra == "batch norm":
            mean, var = stats[i] = z.mean(axis=0), z.var(axis=0)
            z = (z - mean) * jax.lax.rsqrt(var + 1e-5) * P[f"norm{i}.gamma"] + P[f"norm{i}.beta"]
        else:
            z = z + P[f"dense{i}.b"]
        a = sigma(z)
        if cell.extra == "dropout":
            kept = jax.random.bernoulli(jax.random.fold_in(key, i), 1 - DROPOUT, (cell.batch, width))
            a = jnp.where(kept, a / (1 - DROPOUT), 0)
    last = len(cell.hidden) + 1
    log_p = jax.nn.log_softmax(a @ P[f"dense{last}.W"] + P[f"dense{last}.b"])
    return -jnp.take_along_axis(log_p, y[:, None], axis=1).mean(), stats
