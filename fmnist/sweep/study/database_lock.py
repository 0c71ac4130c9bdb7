"""A study's lock in its database: the server gives it back when the connection ends, however that happens."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from optuna.storages import RDBStorage
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from fmnist.sweep.study.kind import Held, Lock, no_lock
from fmnist.sweep.study.storage_lock import study_lock


def lock_of(database: RDBStorage) -> Lock:
    """Machines may write the URL differently: the lock's key is the study's name alone."""
    return LOCKS.get(database.engine.dialect.name, study_lock)(database)


def postgresql_lock(database: RDBStorage) -> Lock:
    @contextmanager
    def lock(study: str) -> Iterator[Held]:
        key = int.from_bytes(digest(study)[:8], signed=True)
        with database.engine.begin() as connection:
            # A machine that has lost its power holds no lock for long.
            connection.execute(text("SET LOCAL tcp_keepalives_idle = 15"))
            connection.execute(text("SET LOCAL tcp_keepalives_interval = 5"))
            connection.execute(text("SET LOCAL tcp_keepalives_count = 3"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield answers(connection)

    return lock


def mysql_lock(database: RDBStorage) -> Lock:
    @contextmanager
    def lock(study: str) -> Iterator[Held]:
        name = {"name": f"fmnist-{digest(study).hex()[:32]}"}
        with database.engine.connect() as connection:
            connection.execute(text("SET SESSION wait_timeout = 60"))  # a machine that has lost its power, again
            while connection.execute(text("SELECT GET_LOCK(:name, 3600)"), name).scalar() != 1:
                pass
            try:
                yield answers(connection)
            finally:
                connection.execute(text("SELECT RELEASE_LOCK(:name)"), name)
                connection.execute(text("SET SESSION wait_timeout = DEFAULT"))

    return lock


def answers(connection: Connection) -> Held:
    def held() -> bool:
        try:
            connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    return held


def digest(study: str) -> bytes:
    return hashlib.sha256(study.encode()).digest()


LOCKS: dict[str, Callable[[RDBStorage], Lock]] = {
    "postgresql": postgresql_lock,
    "mysql": mysql_lock,
    "mariadb": mysql_lock,
    "sqlite": lambda _: no_lock,
}
