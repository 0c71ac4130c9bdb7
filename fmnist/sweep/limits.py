"""Why no further trial starts, although the queue is not empty."""

import time
from dataclasses import dataclass, field

from fmnist.sweep.options import Options
from fmnist.sweep.tally import Tally


@dataclass
class Limits:
    """The ends that `hydra.sweeper` sets beside the budget. Running trials are finished in any case but the first."""

    options: Options
    tally: Tally
    objective: str
    started: float = field(default_factory=time.monotonic)

    @property
    def too_many_failures(self) -> bool:
        limit = self.options.max_failures
        return limit is not None and self.tally.failed >= limit

    def reached(self) -> str:
        """The limit that is reached, with its key; empty while the sweep may go on."""
        options, tally = self.options, self.tally
        if self.too_many_failures:
            return f"stopped after {tally.failed} failed trials (hydra.sweeper.max_failures)"
        if options.timeout is not None and time.monotonic() - self.started > options.timeout:
            return f"no trial starts after {options.timeout:g} s (hydra.sweeper.timeout)"
        if options.target is not None and tally.best is not None:
            best = tally.best.values[0]
            if best >= options.target if tally.maximize else best <= options.target:
                return f"{self.objective} {best:.6g} of trial {tally.best.number} is enough (hydra.sweeper.target)"
        if options.stagnation is not None and tally.best is not None and tally.since_best >= options.stagnation:
            return f"{tally.since_best} trials without a better one (hydra.sweeper.stagnation)"
        return ""
