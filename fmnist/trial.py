"""The trial of a study that this run belongs to, if any: the run reports to it through the study's storage.

The sweeper hands it over in the environment, which every launcher carries to the job, on whatever machine.
"""

import json
import os
import warnings
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from fmnist.errors import FmnistError, one_line

if TYPE_CHECKING:
    import optuna

VARIABLE = "FMNIST_TRIAL"


class Handle(NamedTuple):
    """Where the trial is to be found, what judges it, and whether this run is the one that reports."""

    storage: str
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
    trial = optuna_trial(handle.text())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The reported value is ignored")  # a resumed run repeats an epoch's figure
        trial.report(value, epoch)
    return trial.should_prune()


@lru_cache(maxsize=1)
def optuna_trial(text: str) -> "optuna.Trial":
    import optuna
    from hydra.utils import instantiate

    handle = Handle(**json.loads(text))
    sampler = optuna.samplers.RandomSampler()  # never asked: the sweeper has sampled already
    storage, pruner = open_storage(handle.storage), instantiate(handle.pruner)
    study = optuna.load_study(study_name=handle.study, storage=storage, sampler=sampler, pruner=pruner)
    return optuna.Trial(study, handle.trial)


@cache
def open_storage(url: str) -> "optuna.storages.BaseStorage":
    """A journal file, `*.journal`, or a database by its URL. One per process: a journal is read on, not anew.

    Raises:
        FmnistError: the database's driver is not installed, or the database does not answer.
    """
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if url.endswith(".journal"):
        return optuna.storages.JournalStorage(JournalFileBackend(url))
    from sqlalchemy.exc import ArgumentError, OperationalError

    try:
        # A connection that the server has closed is noticed and replaced before it is used.
        return optuna.storages.RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
    except ArgumentError as error:
        raise FmnistError(f"hydra.sweeper.storage={url}: not the URL of a database ({one_line(error)})") from None
    except ImportError as error:
        raise FmnistError(f"hydra.sweeper.storage={url}: {one_line(error)}") from None
    except OperationalError as error:
        raise FmnistError(f"hydra.sweeper.storage={url}: no answer ({one_line(error.orig or error)})") from None
