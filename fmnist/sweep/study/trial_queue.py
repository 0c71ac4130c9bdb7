"""The trials that are still to be run: they wait in the study's storage.

As many trials as the budget has left lie there WAITING, and a process that takes one, on whatever machine, gets it
alone. So several sweeps on one study share the budget exactly, and a trial whose owner has died goes back into the
queue under its number and with its parameters.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from fmnist.errors import FmnistError
from fmnist.sweep.space.values import Value
from fmnist.sweep.study import attributes
from fmnist.sweep.study.identity import IDENTITY, PATIENCE, check_identity
from fmnist.sweep.study.lease import Watch, new_owner, token_of
from fmnist.sweep.study.lock import lock_study
from fmnist.sweep.study.process import is_dead, this_process
from fmnist.sweep.study.reconnect import Reconnected
from fmnist.sweep.study.storage import open_storage, setting, storage_errors
from fmnist.sweep.trial import LeaseLost

if TYPE_CHECKING:
    from fmnist.sweep.options import Direction

CREATOR = "creator"  # user attribute of the study: the process that fills the queue first
READY = "ready"  # user attribute of the study: its creator has filled the queue


class TrialQueue:
    """A study in a storage, as a queue of trials with owners.

    lease: seconds after which a trial is free if nothing is heard of its owner.
    """

    def __init__(self, name: str, url: str, lease: float) -> None:
        self.name, self.url = name, url
        self.watch = Watch(lease)
        self.storage = open_storage(url)
        self.queue: deque[int] = deque()  # the ids of trials that were waiting at the last look
        self.held: dict[int, str] = {}  # id of a trial that this process runs → token of its lease

    def open(
        self,
        identity: Mapping[str, Any],
        directions: Sequence["Direction"],
        budget: int,
        points: Sequence[Mapping[str, Value]],
    ) -> None:
        """Create the study or go on with it, and fill its queue up to `budget` trials, the first at `points`.

        Raises:
            FmnistError: the study exists and has another space or objective.
        """
        with storage_errors(self.url):
            try:
                self.study = optuna.create_study(
                    study_name=self.name, storage=self.storage, directions=list(directions)
                )
                self.study.set_user_attr(CREATOR, this_process())
                self.study.set_user_attr(IDENTITY, dict(identity))
            except optuna.exceptions.DuplicatedStudyError:
                self.study = optuna.load_study(study_name=self.name, storage=self.storage)
                check_identity(self.study, identity)
                self.wait_until_ready()
            self.requeue_expired()
            while True:
                with suppress(Reconnected), self.lock():
                    self.fill(budget, points)
                    break
            self.study.set_user_attr(READY, this_process())

    def join(self, identity: Mapping[str, Any]) -> None:
        """Take part in a study that exists, with its trials as they are.

        Raises:
            FmnistError: there is no such study, or it has another space or objective.
        """
        with storage_errors(self.url):
            try:
                self.study = optuna.load_study(study_name=self.name, storage=self.storage)
            except KeyError:
                raise FmnistError(f"there is no study={self.name} in {setting(self.url)}") from None
            check_identity(self.study, identity)
            self.wait_until_ready()
            self.requeue_expired()

    def lock(self) -> AbstractContextManager[None]:
        return lock_study(self.storage, self.url, self.name)

    def wait_until_ready(self) -> None:
        """Another process may be filling the queue at this moment; if it died, this one does its work."""
        until = time.monotonic() + PATIENCE
        while READY not in (known := self.study.user_attrs) and time.monotonic() < until:
            if CREATOR in known and is_dead(known[CREATOR]):
                return
            time.sleep(0.1)

    def requeue_expired(self) -> int:
        """Trials whose owner has died wait again, with number and parameters kept. Returns how many."""
        while True:
            with suppress(Reconnected), self.lock():
                expired = self.watch.look(self.running())
                for trial in expired:
                    self.storage.once(self.requeue, trial._trial_id)
                return len(expired)

    def requeue(self, trial_id: int) -> None:
        self.storage.set_trial_user_attr(trial_id, attributes.OWNER, None)
        self.storage.set_trial_state_values(trial_id, TrialState.WAITING)
        self.queue.clear()  # it may have a smaller number than those

    @contextmanager
    def release(self, trial_id: int, token: str) -> Iterator[None]:
        """Give up a trial: inside, it still is this process's, and nobody can take it over.

        Raises:
            LeaseLost: somebody has taken it over already.
        """
        with self.lock():
            self.forget(trial_id, token)
            trial = self.storage.get_trial(trial_id)
            if trial.state != TrialState.RUNNING or token_of(trial) != token:
                raise LeaseLost
            yield

    def forget(self, trial_id: int, token: str) -> None:
        """The trial is not this process's any more, unless it has taken it again meanwhile, with another token."""
        if self.held.get(trial_id) == token:
            del self.held[trial_id]

    def give_back_all(self) -> None:
        """The trials of this process wait again."""
        for trial_id, token in list(self.held.items()):
            with suppress(LeaseLost), self.release(trial_id, token):
                self.requeue(trial_id)

    def fill(self, budget: int, points: Sequence[Mapping[str, Value]]) -> None:
        """Queue trials until there are `budget` in all."""
        known = len(self.study.get_trials(deepcopy=False))
        for number in range(known, budget):
            self.study.enqueue_trial(dict(points[number]) if number < len(points) else {})

    def pop(self) -> FrozenTrial | None:
        """Take the next trial as this process's own; as it was before, or None when the queue is empty."""
        while True:
            with suppress(Reconnected), self.lock():
                trial = self.first()
                if trial is None or self.storage.once(self.take, trial._trial_id):
                    return trial
            self.queue.clear()

    def first(self) -> FrozenTrial | None:
        """The first trial that waits."""
        while True:
            if not self.queue:
                waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
                self.queue.extend(trial._trial_id for trial in waiting)
                if not self.queue:
                    return None
            trial = self.storage.get_trial(self.queue.popleft())
            if trial.state == TrialState.WAITING:  # no other process has taken it since the last look
                return trial

    def take(self, trial_id: int) -> bool:
        owner = new_owner()
        self.storage.set_trial_user_attr(trial_id, attributes.OWNER, owner)
        taken = self.storage.set_trial_state_values(trial_id, TrialState.RUNNING)
        if taken:
            self.held[trial_id] = owner["token"]
        return taken

    def trial(self, number: int) -> FrozenTrial:
        trial_id = self.storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
        return self.storage.get_trial(trial_id)

    def is_done(self) -> bool:
        """Whether every trial has ended."""
        return not self.study.get_trials(deepcopy=False, states=(TrialState.WAITING, TrialState.RUNNING))

    def running(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
