"""What ends a sweep before its budget is reached."""

import time
from dataclasses import dataclass, field

from fmnist.sweep.options import Options
from fmnist.sweep.results.counts import Counts


@dataclass
class Limits:
    """The limits of `hydra.sweeper` beside the budget. Trials that run are finished in any case."""

    options: Options
    counts: Counts
    objective: str
    started: float = field(default_factory=time.monotonic)
    disk_full: str = ""  # how it was noticed, if it was

    @property
    def too_many_failures(self) -> bool:
        limit = self.options.max_failures
        return limit is not None and self.counts.failed >= limit

    def reached(self) -> str:
        """The limit that is reached, with its key; empty while the sweep may go on."""
        options, counts = self.options, self.counts
        if self.disk_full:
            return f"the disk is full ({self.disk_full}): make room, then the same command goes on"
        if self.too_many_failures:
            return f"stopped after {counts.failed} failed trials (hydra.sweeper.max_failures)"
        if options.timeout is not None and time.monotonic() - self.started > options.timeout:
            return f"no trial starts after {options.timeout:g} s (hydra.sweeper.timeout)"
        if options.target is not None and counts.best is not None:
            best = counts.best.values[0]
            if best >= options.target if counts.maximize else best <= options.target:
                return f"{self.objective} {best:.6g} of trial {counts.best.number} is enough (hydra.sweeper.target)"
        if options.stagnation is not None and counts.best is not None and counts.since_best >= options.stagnation:
            return f"{counts.since_best} trials without a better one (hydra.sweeper.stagnation)"
        return ""
