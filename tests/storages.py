"""Every kind of storage, for tests that must hold on each."""

from pathlib import Path
from typing import Any

import pytest

from postgres import Server as PostgreSQL
from postgres import missing
from servers import NEEDS_MARIADB, NEEDS_PROXY, NEEDS_REDIS, MariaDB, Proxy, Redis

NEEDS_POSTGRESQL = pytest.mark.skipif(missing() is not None, reason=str(missing()))

SERVERS = [
    pytest.param("postgresql", marks=NEEDS_POSTGRESQL),
    pytest.param("mysql", marks=NEEDS_MARIADB),
    pytest.param("grpc", marks=[NEEDS_POSTGRESQL, NEEDS_PROXY]),
    pytest.param("redis", marks=NEEDS_REDIS),
]
KINDS = ["journal", "sqlite", *SERVERS]


def mostly_slow(kinds: list[Any], *usual: str) -> list[Any]:
    """The kinds of storage for a test that takes its time: `usual` ones, and in the slow suite all others."""
    params = [pytest.param(kind) if isinstance(kind, str) else kind for kind in kinds]
    slow = [pytest.param(*each.values, marks=[*each.marks, pytest.mark.slow]) for each in params]
    return [each if each.values[0] in usual else late for each, late in zip(params, slow, strict=True)]


class Storages:
    """New, empty storages of each kind. Their servers are started when they are wanted; `stop` them."""

    def __init__(self) -> None:
        self.servers: dict[type, PostgreSQL | Redis | MariaDB] = {}
        self.proxies: list[Proxy] = []
        self.number = 0

    def url(self, kind: str, folder: Path) -> str:
        self.number += 1
        match kind:
            case "journal":
                return str(folder / f"{self.number}.journal")
            case "sqlite":
                return f"sqlite:///{folder}/{self.number}.db"
            case "postgresql":
                return self.server(PostgreSQL).database(f"number{self.number}")
            case "mysql":
                return self.server(MariaDB).database(f"number{self.number}")
            case "redis":
                return self.server(Redis).database(self.number)
        self.proxies.append(Proxy(self.url("postgresql", folder)))
        return self.proxies[-1].url

    def server(self, cls: type) -> Any:
        if cls not in self.servers:
            self.servers[cls] = cls()
        return self.servers[cls]

    def stop(self) -> None:
        for server in (*self.proxies, *self.servers.values()):
            server.stop()
