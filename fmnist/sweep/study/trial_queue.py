"""The study behind a sweep: opened or resumed, filled up to its budget, trials taken and told.

The budget is a queue: as many WAITING trials as are still to be run lie in the storage, and whoever takes one, on
whatever machine, gets it alone. So several sweeps on one study share the budget exactly, and a trial whose owner died
goes back into the queue under its own number and with its own parameters.
"""

import json
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState

from fmnist.errors import FmnistError
from fmnist.sweep.space.space import Value
from fmnist.sweep.study import attributes as trials
from fmnist.sweep.study import owner
from fmnist.sweep.trial import answering, open_storage

Direction = Literal["minimize", "maximize"]

IDENTITY = "identity"  # user attribute of the study: what a resume must agree with
CREATOR = "creator"  # user attribute of the study: who fills the queue first
READY = "ready"  # user attribute of the study: its creator has filled the queue
SIGNATURE = 10.0  # seconds within which a taken trial is signed
PATIENCE = 60.0  # seconds to wait for another process that is just creating the study


class TrialQueue:
    """A study in a storage, with the rules of this house."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        self.storage = open_storage(url)
        self.queue: deque[int] = deque()  # the ids of trials that were waiting when we last looked

    def open(
        self,
        identity: Mapping[str, Any],
        directions: Sequence[Direction],
        budget: int,
        points: Sequence[Mapping[str, Value]],
    ) -> None:
        """Create the study or go on with it, and fill its queue up to `budget` trials, the first at `points`.

        Raises:
            FmnistError: the study exists and has another space or objective.
        """
        with answering(self.url):
            try:
                self.study = optuna.create_study(
                    study_name=self.name, storage=self.storage, directions=list(directions)
                )
                self.study.set_user_attr(CREATOR, owner.me())
                self.study.set_user_attr(IDENTITY, dict(identity))
                created = True
            except optuna.exceptions.DuplicatedStudyError:
                self.study = optuna.load_study(study_name=self.name, storage=self.storage)
                self.agree(identity)
                created = False
            if not created:
                self.wait_until_ready()
            with self.alone():
                self.requeue_orphans()
                self.fill(budget, points)
            self.study.set_user_attr(READY, owner.me())

    def alone(self) -> AbstractContextManager[None]:
        """While inside, nobody else takes a trial or judges owners."""
        return owner.alone(self.storage, self.url, self.name)

    def agree(self, identity: Mapping[str, Any]) -> None:
        """Refuse to go on with another search than the one that was begun."""
        until = time.monotonic() + PATIENCE
        while (stored := self.study.user_attrs.get(IDENTITY)) is None and time.monotonic() < until:
            time.sleep(0.1)
        ours = json.loads(json.dumps(dict(identity)))
        if stored is None or stored == ours:
            return
        differences = [
            f"{key} was {json.dumps(old)}, is {json.dumps(new)}" for key, old, new in differing(stored, ours)
        ]
        raise FmnistError(
            f"study={self.name} was begun as another search: {'; '.join(differences)}; choose another study="
        )

    def wait_until_ready(self) -> None:
        """Another process may be filling the queue at this moment; if it died over it, we do its work."""
        until = time.monotonic() + PATIENCE
        while READY not in (known := self.study.user_attrs) and time.monotonic() < until:
            if CREATOR in known and owner.is_dead(known[CREATOR]):
                return
            time.sleep(0.1)

    def requeue_orphans(self) -> int:
        """Trials whose owner is dead wait again, with number and parameters kept. Returns how many."""
        orphans = 0
        for trial in self.running():
            who = trial.user_attrs.get(trials.OWNER)
            # Not yet signed: another host is just taking it, or a process died between taking and signing.
            assert trial.datetime_start is not None
            unsigned = (datetime.now() - trial.datetime_start).total_seconds() > SIGNATURE
            if (who is None and unsigned) or (who is not None and owner.is_dead(who)):
                self.requeue(trial._trial_id)
                orphans += 1
        return orphans

    def has_orphans(self) -> bool:
        """Is there, behind an empty queue, a trial to be taken up again? Waits for those just being signed."""
        while True:
            with self.alone():
                if self.requeue_orphans():
                    return True
                if all(trial.user_attrs.get(trials.OWNER) for trial in self.running()):
                    return False
            time.sleep(0.5)

    def requeue_mine(self) -> None:
        """What this process was at when it was interrupted waits again."""
        for trial in self.running():
            if trial.user_attrs.get(trials.OWNER) == owner.me():
                self.requeue(trial._trial_id)

    def requeue(self, trial_id: int) -> None:
        self.storage.set_trial_user_attr(trial_id, trials.OWNER, None)  # who takes it is not judged by the last owner
        self.storage.set_trial_state_values(trial_id, TrialState.WAITING)
        self.queue.clear()  # it may have a smaller number than those

    def fill(self, budget: int, points: Sequence[Mapping[str, Value]]) -> None:
        """Queue trials until there are `budget` in all."""
        known = len(self.study.get_trials(deepcopy=False))
        for number in range(known, budget):
            self.study.enqueue_trial(dict(points[number]) if number < len(points) else {})

    def pop(self) -> FrozenTrial | None:
        """Take the next trial of the queue and sign it as ours; as it was, or None when the queue is empty."""
        with owner.uninterrupted(), self.alone():
            while True:
                if not self.queue:
                    waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
                    self.queue.extend(trial._trial_id for trial in waiting)
                    if not self.queue:
                        return None
                trial = self.storage.get_trial(self.queue.popleft())
                if trial.state != TrialState.WAITING:  # another process has taken it since we looked
                    continue
                if self.storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING):
                    self.storage.set_trial_user_attr(trial._trial_id, trials.OWNER, owner.me())
                    return trial

    def trial(self, number: int) -> FrozenTrial:
        trial_id = self.storage.get_trial_id_from_study_id_trial_number(self.study._study_id, number)
        return self.storage.get_trial(trial_id)

    def running(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def differing(a: Any, b: Any, key: str = "") -> Iterable[tuple[str, Any, Any]]:
    """Where two plain values differ, by dotted key."""
    if isinstance(a, dict) and isinstance(b, dict):
        for name in sorted({*a, *b}):
            yield from differing(a.get(name), b.get(name), f"{key} {name}".strip())
    elif a != b:
        yield key, a, b


def direction(name: str) -> Direction:
    """Accuracies and rates are better when larger; losses, seconds and parameters when smaller."""
    up = name.endswith(("accuracy", "per_second"))
    return "maximize" if up else "minimize"
