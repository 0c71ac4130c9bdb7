"""Leases: who runs a trial says so again and again, and a trial of which nothing is heard any more is free.

A lease is two user attributes of the trial: its owner, with a random token, and a beat that the owner counts up (see
heartbeat.py). Whoever watches a trial measures by its own clock for how long both have stayed as they are; no two
clocks are compared, so it matters neither which storage keeps the study nor how its machines' clocks are set. The token
fences: with an old one nothing is reported and nothing told.
"""

import secrets
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fmnist.sweep.study import attributes
from fmnist.sweep.study.process import is_dead, this_process

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def new_owner() -> dict[str, Any]:
    return this_process() | {"token": secrets.token_hex(8)}


def token_of(trial: "FrozenTrial") -> str | None:
    return (trial.user_attrs.get(attributes.OWNER) or {}).get("token")


class Watch:
    """For how long the leases of running trials have not been renewed, by this process's clock.

    Whoever has not looked for half the duration starts again: nobody could renew a lease while the storage was out of
    reach, or the whole machine asleep.
    """

    def __init__(self, duration: float) -> None:
        self.duration = duration
        self.looked = 0.0
        self.seen: dict[int, tuple[Any, float]] = {}  # id of a trial → owner and beat, and when they were new here

    def look(self, running: Iterable["FrozenTrial"]) -> list["FrozenTrial"]:
        """Of all trials that run, those whose lease has expired, or whose owner is certainly dead."""
        now = time.monotonic()
        before = self.seen if now - self.looked < self.duration / 2 else {}
        self.looked, self.seen, expired = now, {}, []
        for trial in running:
            owner, beat = (trial.user_attrs.get(name) for name in (attributes.OWNER, attributes.BEAT))
            state, since = before.get(trial._trial_id, (None, now))
            if state != (owner, beat):
                since = now
            self.seen[trial._trial_id] = (owner, beat), since
            if now - since > self.duration or (owner and is_dead(owner)):
                expired.append(trial)
        return expired
