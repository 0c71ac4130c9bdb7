"""All trackers of a run, opened, fed and closed as one. One that fails costs a warning and is left out from then on."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from omegaconf import DictConfig, OmegaConf

from fmnist.config.build import build_part
from fmnist.errors import ConfigError, one_line
from fmnist.interfaces import Array, ImageTable, Metrics
from fmnist.sweep.program import Observer
from fmnist.terminal.console import get_console, log
from fmnist.tracker.base import BaseTracker

if TYPE_CHECKING:
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial

T = TypeVar("T")
R = TypeVar("R")


class Trackers:
    """A tracker that passes everything on to those it holds, by name."""

    def __init__(self, trackers: Mapping[str, BaseTracker]) -> None:
        self.trackers, self.started = dict(trackers), False

    def start(self, folder: Path, history: Sequence[Metrics]) -> None:
        self.started = True
        each(self.trackers, lambda tracker: tracker.start(folder, history))

    def log(self, metrics: Metrics) -> None:
        each(self.trackers, lambda tracker: tracker.log(metrics))

    def finish(self, summary: Mapping[str, Any]) -> None:
        if self.started:  # a checkpoint that cannot be read ends a run before
            each(self.trackers, lambda tracker: tracker.finish(summary))

    def log_samples(self, folder: Path, dataset: str, samples: ImageTable, classes: Sequence[str]) -> None:
        each(self.trackers, lambda tracker: tracker.log_samples(folder, dataset, samples, classes))

    def log_evaluation(
        self, folder: Path, y: Array, predicted: Array, classes: Sequence[str], picture: Path, mistakes: ImageTable
    ) -> None:
        each(self.trackers, lambda tracker: tracker.log_evaluation(folder, y, predicted, classes, picture, mistakes))


class StudyTrackers:
    """An `Observer` that passes everything on to those it holds, by the name of their trackers."""

    def __init__(self, trackers: Mapping[str, Observer]) -> None:
        self.trackers = dict(trackers)

    def show(self, trials: Sequence["FrozenTrial"], summary: Mapping[str, Any], *, end: str = "") -> None:
        each(self.trackers, lambda tracker: tracker.show(trials, summary, end=end))


def each(trackers: dict[str, T], call: Callable[[T], R]) -> dict[str, R]:
    """The results by name; the first failure of a tracker costs a warning, and takes it out of the dictionary."""
    results = {}
    for name, tracker in list(trackers.items()):
        try:
            results[name] = call(tracker)
        except Exception as error:  # whatever a service raises, the training goes on
            del trackers[name]
            line = f"tracker={name} has failed ({one_line(error) or type(error).__name__})"
            line += "; the run's own files have everything"
            log.warning(line)
            get_console().print(f"warning: {line}")
    return results


def build_trackers(section: DictConfig) -> Trackers:
    """The trackers of the config's section `tracker`, each under its own name; null leaves one out.

    Raises:
        ConfigError: a value is not allowed.
        FmnistError: a package is not installed.
    """
    found = {name: options for name, options in sections(section).items() if options is not None}
    return Trackers({name: build_part(f"tracker.{name}", options, BaseTracker) for name, options in found.items()})


def sections(section: DictConfig) -> dict[str, DictConfig]:
    """The section of each tracker by its name; an older run has one tracker, and its keys are the whole section."""
    if target := section.get("_target_"):
        return {"wandb": section} if target == "fmnist.tracker.wandb.Wandb" else {}
    found = {str(name): options for name, options in section.items()}
    for key, value in found.items():
        if value is not None and not OmegaConf.is_dict(value):
            homes = [f"tracker.{name}.{key}" for name, options in found.items() if OmegaConf.is_dict(options)]
            own = f", or a tracker's own key, like {' or '.join(homes)}" if homes else ""
            raise ConfigError(f"tracker.{key}", value, f"null, which leaves it out, or the keys of a tracker{own}")
    return found


def study_trackers(
    section: DictConfig | None, folder: Path, study: str, directions: Mapping[str, "StudyDirection"], n_finished: int
) -> Observer | None:
    """What watches the sweep in the folder: `directions` by objective; `n_finished` trials had ended before.

    None if no tracker of the section watches studies.
    """
    trackers = build_trackers(section).trackers if section else {}
    started = each(trackers, lambda tracker: tracker.start_study(folder, study, directions, n_finished))
    watching = {name: tracker for name, tracker in started.items() if tracker}
    return StudyTrackers(watching) if watching else None
