"""What W&B's server has of a run. The client's `finish` does not tell when rows are lost, so it is asked."""

from collections.abc import Collection
from math import ceil
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

from fmnist.errors import one_line
from fmnist.terminal.console import log

if TYPE_CHECKING:
    import wandb

LONGEST = 3.0  # seconds that a server may take until it shows what it has accepted
INTERVAL = 0.5


class ServerRun(NamedTuple):
    """step: that of the last row, -1 without one.  ended: it is not running.  state: what the summary says."""

    step: int
    ended: bool
    state: str
    tags: frozenset[str]


def find_run(path: str, timeout: float) -> ServerRun | None:
    """The run at entity/project/id; None if there is none.

    Raises:
        wandb.Error: the server does not answer within `timeout` seconds, or not with a run.
    """
    import wandb

    api = wandb.Api(timeout=max(1, ceil(timeout)))
    try:
        run = api.run(path)
    except (ValueError, wandb.errors.CommError) as error:
        if "could not find run" in str(error).lower():
            return None
        raise
    summary = dict(run.summary)
    return ServerRun(run.lastHistoryStep, run.state != "running", str(summary.get("state", "")), frozenset(run.tags))


def confirm(path: str, step: int, tags: Collection[str], timeout: float) -> ServerRun | None:
    """The run, once it has this last step and its end, or as it is after some seconds."""
    until = monotonic() + min(timeout, LONGEST)
    while True:
        found = find_run(path, max(1.0, until - monotonic()))
        if (found and is_whole(found, step, tags)) or monotonic() + INTERVAL > until:
            return found
        sleep(INTERVAL)


def is_whole(found: ServerRun, step: int, tags: Collection[str] = ()) -> bool:
    return found.ended and found.step >= step and found.tags >= set(tags)


def arrives(artifact: "wandb.Artifact", timeout: float) -> bool:
    """Wait until it is there."""
    import wandb

    try:
        artifact.wait(timeout=max(1, int(timeout)))
    except (ValueError, wandb.Error):
        return False
    except Exception as error:  # it has arrived; what the server thinks of it could not be had
        log.info("%s: %s", artifact.name, one_line(error))
    return True
