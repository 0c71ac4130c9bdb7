"""Renews the leases of the trials that this process runs, and takes back those whose owners have died."""

import threading
from contextlib import suppress

from optuna.exceptions import UpdateFinishedTrialError

from fmnist.sweep.study import attributes
from fmnist.sweep.study.lease import token_of
from fmnist.sweep.study.trial_queue import TrialQueue
from fmnist.terminal.console import log

BEATS = 4  # in the duration of a lease


class Heartbeat:
    """A thread that beats while the context is open.  lost: tokens of leases that are not this process's any more."""

    def __init__(self, queue: TrialQueue) -> None:
        self.queue, self.pause = queue, queue.watch.duration / BEATS
        self.lost: set[str] = set()
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.thread.join(5)  # it may be waiting for the storage

    def run(self) -> None:
        beat = 0
        while not self.closed.wait(self.pause):
            beat += 1
            try:
                for trial_id, token in list(self.queue.held.items()):
                    self.renew(trial_id, token, beat)
                self.queue.requeue_expired()
            except Exception as error:  # the main thread meets it, too, and decides
                log.warning("leases not renewed: %s: %s", type(error).__name__, error)

    def renew(self, trial_id: int, token: str, beat: int) -> None:
        trial = self.queue.storage.get_trial(trial_id)
        if token_of(trial) != token:
            if self.queue.held.get(trial_id) == token:  # not given back meanwhile
                self.lost.add(token)
            return
        with suppress(UpdateFinishedTrialError):  # told meanwhile
            self.queue.storage.set_trial_user_attr(trial_id, attributes.BEAT, beat)
