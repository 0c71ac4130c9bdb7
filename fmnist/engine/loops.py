"""What the Numba engine runs in an operation's stead: the function of the same name, fused into one loop.

Plain Python, and so slow but right when it is called as it is. `rule` and `derivative` are the same functions that
the operation in NumPy gets, here of one number; their constants arrive as `h`. Arrays are contiguous.
"""

from typing import Any

import numpy as np


def prefetch(images: Any, row: Any) -> None:
    """Call a row into the cache; the compiled form does."""


def gather(images: Any, labels: Any, rows: Any, scale: Any, shift: Any, raw: Any, x: Any, y: Any) -> None:
    kind, ahead = x.dtype.type, 6
    for i in range(min(ahead, rows.size)):
        prefetch(images, rows[i])
    for i in range(rows.size):
        if i + ahead < rows.size:
            prefetch(images, rows[i + ahead])
        row = rows[i]
        y[i] = labels[row]
        for j in range(x.shape[1]):
            x[i, j] = kind(images[row, j]) * scale + shift


def rescale(raw: Any, scale: Any, shift: Any, x: Any) -> None:
    kind = x.dtype.type
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            x[i, j] = kind(raw[i, j]) * scale + shift


def activate(rule: Any, h: Any, z: Any, b: Any, a: Any) -> None:
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            if b is not None:
                z[i, j] += b[j]
            a[i, j] = rule(z[i, j], *h)


def activate_backward(derivative: Any, h: Any, z: Any, a: Any, d: Any, db: Any) -> None:
    if db is not None:
        db[:] = 0
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            dz = d[i, j] * d.dtype.type(derivative(z[i, j], a[i, j], *h))
            d[i, j] = dz
            if db is not None:
                db[j] += dz


def drop(u: Any, p: Any, scale: Any, x: Any, mask: Any, y: Any) -> None:
    p = np.float32(p)
    zero = scale - scale
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            mask[i, j] = scale if u[i, j] >= p else zero
            y[i, j] = x[i, j] * mask[i, j]


def drop_backward(mask: Any, d: Any) -> None:
    for i in range(d.shape[0]):
        for j in range(d.shape[1]):
            d[i, j] *= mask[i, j]


def loss(rule: Any, h: Any, z: Any, y: Any, scratch: Any, grad: Any, sums: Any) -> None:
    n, k = z.shape
    kind = z.dtype.type
    one, zero = kind(1), kind(0)
    for i in range(n):
        top = z[i, 0]
        for j in range(1, k):
            top = max(top, z[i, j])
        for j in range(k):
            scratch[i * k + j] = z[i, j] - top
            grad[i, j] = scratch[i * k + j]
    for i in range(n * k):  # one long loop, for vectors longer than a row
        scratch[i] = np.exp(scratch[i])
    value, correct = 0.0, 0
    for i in range(n):
        p = scratch[i * k : (i + 1) * k]
        first = 0
        while first < k and grad[i, first] < 0:
            first += 1
        correct += first == y[i]
        total = zero
        for j in range(k):
            total += p[j]
        share = one / total
        log_total = np.log(total)
        of_row, slopes = zero, zero
        for j in range(k):
            p[j] *= share
            part, slope = rule(grad[i, j] - log_total, p[j], one if j == y[i] else zero, kind(k), *h)
            grad[i, j] = slope
            of_row += part
            slopes += slope
        value += of_row
        for j in range(k):
            grad[i, j] = (grad[i, j] - p[j] * slopes) / kind(n)
    sums[0] = value
    sums[1] = correct


def batch_norm(
    x: Any,
    momentum: Any,
    eps: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    var: Any,
    centre: Any,
    scale: Any,
    xhat: Any,
    y: Any,
) -> None:
    n, d = x.shape
    kind = x.dtype.type
    centre[:] = 0
    scale[:] = 0
    for i in range(n):
        for j in range(d):
            centre[j] += x[i, j]
    for j in range(d):
        centre[j] /= kind(n)
    for i in range(n):
        for j in range(d):
            off = x[i, j] - centre[j]
            xhat[i, j] = off
            scale[j] += off * off
    for j in range(d):
        spread = scale[j] / kind(n)
        mean[j] += momentum * (centre[j] - mean[j])
        var[j] += momentum * (spread * (kind(n) / kind(max(n - 1, 1))) - var[j])
        scale[j] = kind(1) / np.sqrt(spread + eps)
    for i in range(n):
        for j in range(d):
            xhat[i, j] *= scale[j]
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]


def batch_norm_backward(gamma: Any, scale: Any, xhat: Any, dgamma: Any, dbeta: Any, d: Any, product: Any) -> None:
    n, width = d.shape
    kind = d.dtype.type
    dgamma[:] = 0
    dbeta[:] = 0
    for i in range(n):
        for j in range(width):
            dgamma[j] += d[i, j] * xhat[i, j]
            dbeta[j] += d[i, j]
    for i in range(n):
        for j in range(width):
            centred = d[i, j] - (dbeta[j] + xhat[i, j] * dgamma[j]) / kind(n)
            d[i, j] = centred * (gamma[j] * scale[j])


def layer_norm(x: Any, eps: Any, gamma: Any, beta: Any, scale: Any, xhat: Any, y: Any) -> None:
    n, d = x.shape
    kind = x.dtype.type
    for i in range(n):
        total = kind(0)
        for j in range(d):
            total += x[i, j]
        mean = total / kind(d)
        square = kind(0)
        for j in range(d):
            off = x[i, j] - mean
            xhat[i, j] = off
            square += off * off
        scale[i, 0] = kind(1) / np.sqrt(square / kind(d) + eps)
        for j in range(d):
            xhat[i, j] *= scale[i, 0]
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]


def layer_norm_backward(gamma: Any, scale: Any, xhat: Any, dgamma: Any, dbeta: Any, d: Any, product: Any) -> None:
    n, width = d.shape
    kind = d.dtype.type
    dgamma[:] = 0
    dbeta[:] = 0
    for i in range(n):
        mean, overlap = kind(0), kind(0)
        for j in range(width):
            dgamma[j] += d[i, j] * xhat[i, j]
            dbeta[j] += d[i, j]
            d[i, j] *= gamma[j]
            mean += d[i, j]
            overlap += d[i, j] * xhat[i, j]
        mean /= kind(width)
        overlap /= kind(width)
        for j in range(width):
            d[i, j] = (d[i, j] - mean - xhat[i, j] * overlap) * scale[i, 0]
