"""The storage of a study: a journal file or a database, and what is said when it does not answer."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from fmnist.errors import FmnistError, one_line

if TYPE_CHECKING:
    import optuna

GRACE_PERIOD = 10  # seconds, after which a journal's lock is taken from a process that was killed while it wrote
TRIES = 20  # at a database whose tables another process is just creating


class NoAnswer(FmnistError):
    """The study's database does not answer, or not any more."""


@contextmanager
def storage_errors(url: str) -> Iterator[None]:
    """Inside, an error of the database becomes one line.

    Raises:
        NoAnswer: the database has failed.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, StorageInternalError) as error:
        cause = error.__cause__ or error if isinstance(error, StorageInternalError) else error
        reason = one_line(getattr(cause, "orig", None) or cause)
        raise NoAnswer(f"{setting(url)} does not answer ({reason}); the same command goes on when it does") from None


def setting(url: str) -> str:
    """The key with its value for a message, without a password."""
    return f"hydra.sweeper.storage={without_password(url)}"


def without_password(url: str) -> str:
    url = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", url)


@cache
def open_storage(url: str) -> "optuna.storages.BaseStorage":
    """A journal file, `*.journal`, or a database by its URL. One per process, which reads only what is new.

    Raises:
        FmnistError: that is no URL, the database's driver is not installed, or the database does not answer.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("optuna.storages._rdb").setLevel(logging.ERROR)  # it warns, tries once more, and raises
    if url.endswith(".journal"):
        lock = JournalFileSymlinkLock(url, grace_period=GRACE_PERIOD)
        return optuna.storages.JournalStorage(JournalFileBackend(url, lock_obj=lock))
    from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError

    with storage_errors(url):
        for tries_left in reversed(range(TRIES)):
            try:
                # A connection that the server has closed is noticed and replaced before it is used.
                return optuna.storages.RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
            except ArgumentError as error:
                raise FmnistError(f"{setting(url)}: not the URL of a database ({one_line(error)})") from None
            except ImportError as error:
                reason = one_line(error.__cause__ or error)
                raise FmnistError(f"{setting(url)}: the database's driver is not installed ({reason})") from None
            except RuntimeError as error:  # the tables of another Optuna
                raise FmnistError(f"{setting(url)}: {one_line(error)}") from None
            except (IntegrityError, ProgrammingError, OperationalError) as error:
                # Two processes that create the tables at once: one of them finds them when it looks again.
                race = not isinstance(error, OperationalError) or "already exists" in str(error)
                if not race or not tries_left:
                    raise
                time.sleep(0.1)
    raise AssertionError("the last try returns or raises")
