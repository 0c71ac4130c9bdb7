"""A study in a database, by SQLAlchemy's URL: how it is opened, and what of its errors passes."""

import time
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage, get_storage
from sqlalchemy import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fmnist.errors import FmnistError, one_line
from fmnist.sweep.study.database_lock import lock_of
from fmnist.sweep.study.kind import Kind, Lock
from fmnist.sweep.study.reconnect import check_lock

TRIES = 20  # at a database whose tables another process is just creating

# Of psycopg: a machine that is silent, not one that says no, is given up after half a minute, not after hours.
POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


class Database(RDBStorage):
    """Optuna's, which tries up to five times to create a trial: not without the study's lock, if that was taken."""

    def _get_prepared_new_trial(self, *args: Any) -> Any:
        check_lock()
        return super()._get_prepared_new_trial(*args)


def open_database(url: str) -> tuple[BaseStorage, Lock]:
    """The database behind one cache, and the lock of its studies.

    Raises:
        FmnistError: that is no database's URL, its driver is not installed, or its tables are another Optuna's.
        SQLAlchemyError: it does not answer.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            # A connection that the server has closed is noticed and replaced before it is used.
            arguments: dict[str, Any] = {"pool_pre_ping": True}
            if make_url(url).drivername in ("postgresql", "postgresql+psycopg", "postgresql+psycopg2"):
                arguments["connect_args"] = POSTGRESQL
            database = Database(url, engine_kwargs=arguments)
            return get_storage(database), lock_of(database)
        except ArgumentError as error:
            raise FmnistError(f"not the URL of a database ({one_line(error)})") from None
        except RuntimeError as error:  # the tables of another Optuna
            raise FmnistError(one_line(error)) from None
        except (IntegrityError, ProgrammingError, OperationalError) as error:
            # Two processes that create the tables at once: one of them finds them when it looks again.
            race = not isinstance(error, OperationalError) or "already exists" in str(error)
            if not race or not tries_left:
                raise
            time.sleep(0.1)
    raise AssertionError("the last try returns or raises")


def is_database_error(error: BaseException) -> bool:
    return isinstance(error, SQLAlchemyError | StorageInternalError)


def is_out_of_reach(error: BaseException) -> bool:
    """Whether the same may work later: the server is away or starting, has no room, or is busy."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if isinstance(cause, DBAPIError) and cause.connection_invalidated:
        return True
    return isinstance(cause, OperationalError | InterfaceError | PoolTimeout | PendingRollbackError)


def reason(error: BaseException) -> str:
    """In the words of the driver."""
    cause = error.__cause__ or error if isinstance(error, StorageInternalError) else error
    return one_line(getattr(cause, "orig", None) or cause)


DATABASE = Kind(open_database, is_database_error, is_out_of_reach, reason)
