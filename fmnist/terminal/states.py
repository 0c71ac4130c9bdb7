"""The states of a run and of a trial: their names, and the colours in which the report shows them."""

from enum import StrEnum


class RunState(StrEnum):
    """What a run's summary.json says of its end; UNFINISHED without a summary: it is running, or was killed."""

    FINISHED = "finished"
    PRUNED = "pruned"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNFINISHED = "unfinished"


SUCCESSFUL = (RunState.FINISHED, RunState.PRUNED)

# Names of colours in the report's style.css. Trials are complete, pruned or failed.
COLOURS = {
    "complete": "accent",
    RunState.FINISHED: "ink",
    RunState.PRUNED: "muted",
    RunState.DIVERGED: "bad",
    RunState.FAILED: "bad",
    RunState.INTERRUPTED: "bad",
    RunState.UNFINISHED: "ink",
}
