"""Arrays that begin where a cache line of the processor does, which halves the lines that a vector register touches."""

from math import prod

import numpy as np

from fmnist.interfaces import Array

LINE = 64  # bytes


def zeros(shape: tuple[int, ...], dtype: str) -> Array:
    size = prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(dtype).reshape(shape)
