"""The trial of a study that this process runs, if any; it reports to the study through the storage.

The sweeper passes it on in the environment, which every launcher carries to the job, on whatever machine.
"""

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from fmnist.errors import FmnistError
from fmnist.sweep.study.storage import open_storage, storage_errors

if TYPE_CHECKING:
    import optuna

VARIABLE = "FMNIST_TRIAL"


class LeaseLost(FmnistError):
    """Another process has taken the trial over."""

    def __init__(self) -> None:
        super().__init__("another process has taken the trial over")


def stop_requested() -> bool:
    """Whether the trial shall go back into the queue, because its worker has to leave. The worker replaces this."""
    return False


class Handle(NamedTuple):
    """Which trial it is, whose, what prunes it, and whether this job is the one of its jobs that reports."""

    storage: str | None  # None: the job's own hydra.sweeper.storage; launchers print this handle, and no password
    study: str
    trial: int
    token: str  # of the lease under which it runs
    pruner: dict[str, Any]
    reports: bool

    def text(self) -> str:
        return json.dumps(self._asdict())


def current() -> Handle | None:
    """The trial of this process; None outside a sweep."""
    text = os.environ.get(VARIABLE)
    return Handle(**json.loads(text)) if text else None


def report(handle: Handle, values: Mapping[int, float]) -> bool:
    """Report the objective after each epoch that the study does not know yet; True if the trial should be pruned.

    All epochs are handed over: what could not be reported before, as the storage did not answer, is reported now.

    Raises:
        LeaseLost: another process has taken the trial over.
    """
    from fmnist.sweep.study.lease import token_of
    from fmnist.sweep.study.reconnect import without_waiting

    url = handle.storage or own_storage()
    with without_waiting(), storage_errors(url):
        trial = load_trial(url, handle.text())
        known = trial.study._storage.get_trial(handle.trial)
        if token_of(known) != handle.token:
            raise LeaseLost
        for epoch in sorted(values.keys() - known.intermediate_values.keys()):
            trial.report(values[epoch], epoch)
        return trial.should_prune()


def own_storage() -> str:
    from hydra.core.hydra_config import HydraConfig

    return HydraConfig.get().sweeper.storage


@lru_cache(maxsize=1)
def load_trial(url: str, text: str) -> "optuna.Trial":
    import optuna

    from fmnist.sweep.study.instantiate import build_pruner

    handle = Handle(**json.loads(text))
    sampler = optuna.samplers.RandomSampler()  # never asked: the sweeper has sampled already
    storage, pruner = open_storage(url), build_pruner(handle.pruner)
    study = optuna.load_study(study_name=handle.study, storage=storage, sampler=sampler, pruner=pruner)
    return optuna.Trial(study, handle.trial)
