"""The trial of a study that this process runs, if any; it reports to the study through the storage.

The sweeper passes it on in the environment, which every launcher carries to the job, on whatever machine.
"""

import json
import os
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from fmnist.sweep.study.storage import open_storage, storage_errors

if TYPE_CHECKING:
    import optuna

VARIABLE = "FMNIST_TRIAL"


class Handle(NamedTuple):
    """Which trial it is, what prunes it, and whether this job is the one of its jobs that reports."""

    storage: str | None  # None: the job's own hydra.sweeper.storage; launchers print this handle, and no password
    study: str
    trial: int
    pruner: dict[str, Any]
    reports: bool

    def text(self) -> str:
        return json.dumps(self._asdict())


def current() -> Handle | None:
    """The trial of this process; None outside a sweep."""
    text = os.environ.get(VARIABLE)
    return Handle(**json.loads(text)) if text else None


def report(handle: Handle, value: float, epoch: int) -> bool:
    """Report an epoch's objective to the study; True if the trial should be pruned."""
    url = handle.storage or own_storage()
    with storage_errors(url):
        trial = load_trial(url, handle.text())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The reported value is ignored")  # a resumed run repeats an epoch's
            trial.report(value, epoch)
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
