"""The trial of a study that this run belongs to, if any: the run reports to it through the study's storage.

The sweeper hands it over in the environment, which every launcher carries to the job, on whatever machine.
"""

import json
import logging
import os
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from fmnist.errors import FmnistError, one_line

if TYPE_CHECKING:
    import optuna

VARIABLE = "FMNIST_TRIAL"
LOCKED = 10  # seconds, after which a journal's lock is taken for that of a process that was killed while it wrote
TRIES = 20  # at a database whose tables another process is just creating


class Handle(NamedTuple):
    """Where the trial is to be found, what judges it, and whether this run is the one that reports."""

    storage: str | None  # None: the job's own hydra.sweeper.storage; launchers print this handle, and no password
    study: str
    trial: int
    pruner: dict[str, Any]
    reports: bool

    def text(self) -> str:
        return json.dumps(self._asdict())


def current() -> Handle | None:
    """The trial of this run; None outside a sweep."""
    text = os.environ.get(VARIABLE)
    return Handle(**json.loads(text)) if text else None


def report(handle: Handle, value: float, epoch: int) -> bool:
    """Report an epoch's objective to the study; True if the trial should be pruned."""
    url = handle.storage or own_storage()
    with answering(url):
        trial = optuna_trial(url, handle.text())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The reported value is ignored")  # a resumed run repeats an epoch's
            trial.report(value, epoch)
        return trial.should_prune()


def own_storage() -> str:
    from hydra.core.hydra_config import HydraConfig

    return HydraConfig.get().sweeper.storage


@lru_cache(maxsize=1)
def optuna_trial(url: str, text: str) -> "optuna.Trial":
    import optuna
    from hydra.utils import instantiate

    handle = Handle(**json.loads(text))
    sampler = optuna.samplers.RandomSampler()  # never asked: the sweeper has sampled already
    storage, pruner = open_storage(url), instantiate(handle.pruner)
    study = optuna.load_study(study_name=handle.study, storage=storage, sampler=sampler, pruner=pruner)
    return optuna.Trial(study, handle.trial)


class NoAnswer(FmnistError):
    """The study's database does not answer, or not any more."""


@contextmanager
def answering(url: str) -> Iterator[None]:
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
        raise NoAnswer(f"{named(url)} does not answer ({reason}); the same command goes on when it does") from None


def named(url: str) -> str:
    """The key with its value for a message, without a password."""
    return f"hydra.sweeper.storage={without_password(url)}"


def without_password(url: str) -> str:
    url = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", url)


@cache
def open_storage(url: str) -> "optuna.storages.BaseStorage":
    """A journal file, `*.journal`, or a database by its URL. One per process: a journal is read on, not anew.

    Raises:
        FmnistError: that is no URL, the database's driver is not installed, or the database does not answer.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    logging.getLogger("optuna.storages._rdb").setLevel(logging.ERROR)  # it warns, tries once more, and raises
    if url.endswith(".journal"):
        lock = JournalFileSymlinkLock(url, grace_period=LOCKED)
        return optuna.storages.JournalStorage(JournalFileBackend(url, lock_obj=lock))
    from sqlalchemy.exc import ArgumentError, IntegrityError, OperationalError, ProgrammingError

    with answering(url):
        for tries_left in reversed(range(TRIES)):
            try:
                # A connection that the server has closed is noticed and replaced before it is used.
                return optuna.storages.RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
            except ArgumentError as error:
                raise FmnistError(f"{named(url)}: not the URL of a database ({one_line(error)})") from None
            except ImportError as error:
                reason = one_line(error.__cause__ or error)
                raise FmnistError(f"{named(url)}: the database's driver is not installed ({reason})") from None
            except RuntimeError as error:  # the tables of another Optuna
                raise FmnistError(f"{named(url)}: {one_line(error)}") from None
            except (IntegrityError, ProgrammingError, OperationalError) as error:
                # Two processes that create the tables at once: one of them finds them when it looks again.
                race = not isinstance(error, OperationalError) or "already exists" in str(error)
                if not race or not tries_left:
                    raise
                time.sleep(0.1)
    raise AssertionError("the last try returns or raises")
