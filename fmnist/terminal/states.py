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

# Names of colours in the report's style.css, for runs and for trials; the others have the colour of text.
COLOURS = {"complete": "accent", "pruned": "muted", "diverged": "bad", "failed": "bad", "interrupted": "bad"}
