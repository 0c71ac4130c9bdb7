"""How much memory there is: the machine's, or what a container or a cluster's job may have of it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")  # the groups of this process: "0::/path", of version 1 "4:memory:/path"


def memory_size(cgroups: Path = CGROUPS, own: Path = OWN) -> int:
    """Bytes: the least of the machine's memory and the limits of this process's groups and of those above them."""
    return min([psutil.virtual_memory().total, *memory_limits(cgroups, own)])


def memory_limits(cgroups: Path, own: Path) -> Iterator[int]:
    """https://docs.kernel.org/admin-guide/cgroup-v2.html; in a container the root is often the container's own group.

    The limits of version 2 say "max" where there is none, those of version 1 an enormous number.
    """
    groups = [""]
    with suppress(OSError, ValueError):  # it is not Linux
        groups += [line.split(":", 2)[-1].lstrip("/") for line in own.read_text().splitlines()]
    paths = dict.fromkeys(path for group in groups for path in (Path(group), *Path(group).parents))
    homes = {cgroups: "memory.max", cgroups / "unified": "memory.max", cgroups / "memory": "memory.limit_in_bytes"}
    for home, name in homes.items():
        for path in paths:
            with suppress(OSError, ValueError):
                yield int((home / path / name).read_text())
