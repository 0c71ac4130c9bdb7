"""The trials that are still to be run: they wait in the study's storage.

As many trials as the budget has left lie there WAITING, and a process that takes one, on whatever machine, gets it
alone. So several sweeps on one study share the budget exactly, and a trial whose owner has died goes back into the
queue under its number and with its parameters.
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from fmnist.sweep.space.values import Value
from fmnist.sweep.study import attributes, owner
from fmnist.sweep.study.identity import IDENTITY, PATIENCE, check_identity
from fmnist.sweep.study.lock import lock_study
from fmnist.sweep.study.reconnect import Reconnected
from fmnist.sweep.study.storage import open_storage, storage_errors

if TYPE_CHECKING:
    from fmnist.sweep.options import Direction

CREATOR = "creator"  # user attribute of the study: the process that fills the queue first
READY = "ready"  # user attribute of the study: its creator has filled the queue
GRACE_PERIOD = 10.0  # seconds within which a process that takes a trial notes itself as its owner


class TrialQueue:
    """A study in a storage, as a queue of trials with owners."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        self.storage = open_storage(url)
        self.queue: deque[int] = deque()  # the ids of trials that were waiting at the last look

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
                self.study.set_user_attr(CREATOR, owner.this_process())
                self.study.set_user_attr(IDENTITY, dict(identity))
            except optuna.exceptions.DuplicatedStudyError:
                self.study = optuna.load_study(study_name=self.name, storage=self.storage)
                check_identity(self.study, identity)
                self.wait_until_ready()
            while True:
                with suppress(Reconnected), self.lock():
                    self.requeue_orphans()
                    self.fill(budget, points)
                    break
            self.study.set_user_attr(READY, owner.this_process())

    def lock(self) -> AbstractContextManager[None]:
        return lock_study(self.storage, self.url, self.name)

    def wait_until_ready(self) -> None:
        """Another process may be filling the queue at this moment; if it died, this one does its work."""
        until = time.monotonic() + PATIENCE
        while READY not in (known := self.study.user_attrs) and time.monotonic() < until:
            if CREATOR in known and owner.is_dead(known[CREATOR]):
                return
            time.sleep(0.1)

    def requeue_orphans(self) -> int:
        """Trials whose owner is dead wait again, with number and parameters kept. Returns how many."""
        orphans = 0
        for trial in self.running():
            who = trial.user_attrs.get(attributes.OWNER)
            # No owner yet: another process is just taking the trial, or died between taking it and noting itself.
            assert trial.datetime_start is not None
            late = (datetime.now() - trial.datetime_start).total_seconds() > GRACE_PERIOD
            if (who is None and late) or (who is not None and owner.is_dead(who)):
                self.requeue(trial._trial_id)
                orphans += 1
        return orphans

    def has_orphans(self) -> bool:
        """Whether, with an empty queue, a trial has to be run again. Waits for those that have no owner yet."""
        while True:
            with self.lock():
                if self.requeue_orphans():
                    return True
                if all(trial.user_attrs.get(attributes.OWNER) for trial in self.running()):
                    return False
            time.sleep(0.5)

    def requeue_own(self) -> None:
        """The trials of this process, which was interrupted, wait again."""
        for trial in self.running():
            who = trial.user_attrs.get(attributes.OWNER)
            if who is not None and owner.is_this_process(who):
                self.requeue(trial._trial_id)

    def requeue(self, trial_id: int) -> None:
        self.storage.set_trial_user_attr(trial_id, attributes.OWNER, None)  # the next owner is another one
        self.storage.set_trial_state_values(trial_id, TrialState.WAITING)
        self.queue.clear()  # it may have a smaller number than those

    def fill(self, budget: int, points: Sequence[Mapping[str, Value]]) -> None:
        """Queue trials until there are `budget` in all."""
        known = len(self.study.get_trials(deepcopy=False))
        for number in range(known, budget):
            self.study.enqueue_trial(dict(points[number]) if number < len(points) else {})

    def pop(self) -> FrozenTrial | None:
        """Take the next trial as this process's own; as it was before, or None when the queue is empty."""
        with owner.uninterrupted(), self.lock():
            while True:
                if not self.queue:
                    waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
                    self.queue.extend(trial._trial_id for trial in waiting)
                    if not self.queue:
                        return None
                trial = self.storage.get_trial(self.queue.popleft())
                if trial.state != TrialState.WAITING:  # another process has taken it since the last look
                    continue
                if self.storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING):
                    self.storage.set_trial_user_attr(trial._trial_id, attributes.OWNER, owner.this_process())
                    return trial

    def trial(self, number: int) -> FrozenTrial:
        trial_id = self.storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
        return self.storage.get_trial(trial_id)

    def running(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
