"""The cores that a process may use."""

import os


def pin(cores: int) -> None:
    """To the last so many of them, where the system can; 0: to none. Before a library counts them."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
