"""The results of a sweep, written again and again while it runs."""

import sys
import time
from pathlib import Path
from typing import Any

from optuna.study import Study

from fmnist.sweep.limits import Limits
from fmnist.sweep.program import Compose, Observer, Program
from fmnist.sweep.results.results import write_results
from fmnist.sweep.study_config import StudyConfig

EVERY = 5.0  # seconds between two writings while trials end …
SHARE = 0.02  # … or as much longer as it takes for them to cost no more than this share of the time


class Writer:
    """Writes nothing: that of a worker, whose results somebody else writes."""

    def write_if_due(self) -> None:
        pass


class ResultsWriter(Writer):
    """Writes the results, and shows them to the observer, if there is one."""

    def __init__(
        self,
        config: StudyConfig,
        study: Study,
        folder: Path,
        limits: Limits,
        program: Program,
        compose: Compose,
        observer: Observer | None = None,
    ) -> None:
        self.config, self.study, self.folder, self.limits = config, study, folder, limits
        self.program, self.compose, self.observer = program, compose, observer
        self.started = time.monotonic()
        self.next = self.started + EVERY

    def write_if_due(self) -> None:
        if time.monotonic() > self.next:
            self.write()

    def write(self, end: str = "") -> dict[str, Any]:
        """Write what the sweep leaves behind and return the summary; `end` says how it has ended, if it has."""
        begin = time.monotonic()
        extra = {
            "budget": self.config.budget,
            "script": sys.argv[0],
            "fixed": self.config.rerun_overrides,
            "seconds": begin - self.started,
            "stopped": self.limits.reached(),
        }
        summary = write_results(
            self.study,
            self.folder,
            list(self.config.objectives),
            extra,
            self.experiment_text,
            self.program.command,
            ended=end in ("finished", "failed"),
        )
        if self.observer:
            self.observer.show(self.study.get_trials(deepcopy=False), summary, end=end)
        now = time.monotonic()
        self.next = now + max(EVERY, (now - begin) / SHARE)
        return summary

    def experiment_text(self, folder: Path) -> str:
        """Of a trial's folder; with several seeds of the first one's run."""
        run = folder / "seed-0" if self.config.options.seeds > 1 else folder
        return self.program.experiment_text(run, self.folder, self.compose)
