"""The storage of a study: a journal or a database, and what is said when it does not answer."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from fmnist.errors import DamagedFile, FmnistError

if TYPE_CHECKING:
    from fmnist.sweep.study.kind import Kind
    from fmnist.sweep.study.reconnecting_storage import ReconnectingStorage

DRIVERS = {  # what is to be installed for an URL
    "postgresql": "psycopg[binary]",
    "postgresql+psycopg": "psycopg[binary]",
    "postgresql+psycopg2": "psycopg2-binary",
    "mysql": "mysqlclient",
    "mysql+pymysql": "pymysql",
    "mariadb+pymysql": "pymysql",
    "grpc": "grpcio protobuf",
    "redis": "redis",
    "rediss": "redis",
}


class NoAnswer(FmnistError):
    """The study's storage does not answer, or not any more."""


@contextmanager
def storage_errors(url: str) -> Iterator[None]:
    """Inside, an error of the storage becomes one line.

    Raises:
        NoAnswer: the storage has failed.
    """
    try:
        yield
    except FmnistError:
        raise
    except Exception as error:
        kind = kind_of(url)
        if not kind.is_error(error):
            raise
        reason = kind.reason(error)
        raise NoAnswer(f"{setting(url)} does not answer ({reason}); the same command goes on when it does") from None


def setting(url: str) -> str:
    """The key with its value for a message, without a password."""
    return f"hydra.sweeper.storage={without_password(url)}"


def without_password(url: str) -> str:
    url = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", url)


@cache
def open_storage(url: str) -> "ReconnectingStorage":
    """A study's storage by its URL: one per process, which reads only what is new. Its first answer is not waited for.

    *.journal         a file
    grpc://host:port  Optuna's proxy
    redis://host      Optuna's journal in Redis
    all else          a database, by SQLAlchemy

    Raises:
        FmnistError: that is no URL, its driver is not installed, or the storage does not answer.
    """
    import optuna

    from fmnist.sweep.study.reconnecting_storage import ReconnectingStorage

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("optuna.storages._rdb").setLevel(logging.ERROR)  # it warns, tries once more, and raises
    with storage_errors(url):
        try:
            kind = kind_of(url)
            behind, lock = kind.open(url)
        except ImportError as error:
            package = DRIVERS.get(scheme(url))
            missing = f"pip install '{package}'" if package else str(error.__cause__ or error)
            raise FmnistError(f"{setting(url)}: its driver is not installed ({missing})") from None
        except DamagedFile:
            raise
        except FmnistError as error:
            raise FmnistError(f"{setting(url)}: {error}") from None
    return ReconnectingStorage(behind, lock, kind, setting(url))


def kind_of(url: str) -> "Kind":
    """Each kind's module is imported where it is needed: it brings its driver along."""
    if url.endswith(".journal"):
        from fmnist.sweep.study.journal import JOURNAL

        return JOURNAL
    if scheme(url) == "grpc":
        from fmnist.sweep.study.proxy import PROXY

        return PROXY
    if scheme(url) in ("redis", "rediss"):
        from fmnist.sweep.study.redis_journal import REDIS

        return REDIS
    from fmnist.sweep.study.database import DATABASE

    return DATABASE


def scheme(url: str) -> str:
    return url.partition("://")[0]
